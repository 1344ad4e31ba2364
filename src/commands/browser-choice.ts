import type { Context } from '../context.js';
import type { OpenUrl } from '../sign-in/wait-for-person.js';

/**
 * How URLs are shown to the person: by the context's own browser (tests, the
 * demo), by `--browser COMMAND`, `BROWSER` or the machine's default; undefined
 * with `--no-browser`.
 */
export function chooseBrowser(asked: string | false | undefined, context: Context): OpenUrl | undefined {
  if (asked === false) return undefined;
  const { openUrl } = context;
  if (openUrl) {
    return async (url) => {
      await openUrl(url);
      return { opened: true, by: 'the browser of this run' };
    };
  }
  return async (url) => {
    const [{ openBrowser }, { noteProfileVariables }] = await Promise.all([
      import('../browser/open-browser.js'),
      import('../profiles/secret-variables.js'),
    ]);
    await noteProfileVariables(context);
    return openBrowser(url, {
      command: asked,
      env: context.env,
      platform: context.platform,
      signal: context.signal,
    });
  };
}
