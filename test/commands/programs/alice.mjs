// A "browser" for --browser and BROWSER: signs Alice in over plain HTTP. The URL is the last argument.
import { signInOverHttp } from '../../support/http-browser.js';

await signInOverHttp(process.argv.at(-1), { username: 'alice', password: 'alice-password' });
