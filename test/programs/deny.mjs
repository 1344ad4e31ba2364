// A browser in which the person cancels.
import { signInOverHttp } from '../support/http-browser.js';

await signInOverHttp(process.argv.at(-1), { username: 'alice', deny: true });
