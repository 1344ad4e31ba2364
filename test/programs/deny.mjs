// A browser in which the person cancels.
import { signInOverHttp } from '../../dist/browser/http-browser.js';

await signInOverHttp(process.argv.at(-1), { username: 'alice', deny: true });
