import { OidcCliError } from '../errors.js';
import { credentialsSent, withCredentialsSent } from './sent-credentials.js';
import type { PageSignIn, SignInDriver } from './sign-in-driver.js';

/**
 * Signs in by http and, where a page needs script, by a browser, which is made
 * when it is first needed. A provider whose pages needed it once is not tried
 * by http again.
 */
export function autoDriver(http: SignInDriver, makeBrowser: () => Promise<SignInDriver>): SignInDriver {
  let browser: Promise<SignInDriver> | undefined;
  const scripted = new Set<string>();
  /** Sessions whose cookies the browser has. */
  const inBrowser = new WeakSet<object>();
  const byBrowser = async (job: PageSignIn) => {
    browser ??= makeBrowser();
    if (job.session) inBrowser.add(job.session);
    return (await browser).signIn(job);
  };
  const browserMade = () => browser?.catch(() => undefined);
  return {
    name: 'auto',
    signIn: async (job) => {
      const { origin } = new URL(job.url);
      if (scripted.has(origin) || (job.session && inBrowser.has(job.session))) return byBrowser(job);
      const begun = performance.now();
      try {
        return await http.signIn(job);
      } catch (error) {
        if (!(error instanceof OidcCliError) || error.code !== 'sign_in_script_needed') throw error;
        scripted.add(origin);
        const url = (await job.again?.()) ?? job.url;
        const timeoutMs = Math.max(1, job.timeoutMs - (performance.now() - begun));
        try {
          return await byBrowser({ ...job, url, timeoutMs });
        } catch (failure) {
          throw withCredentialsSent(failure, credentialsSent(error));
        }
      }
    },
    endSession: async (session) => {
      await Promise.all([http.endSession?.(session), (await browserMade())?.endSession?.(session)]);
    },
    close: async () => {
      await Promise.all([http.close(), (await browserMade())?.close()]);
    },
  };
}
