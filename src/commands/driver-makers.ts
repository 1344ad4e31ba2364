import type { SignInDriver } from '../browser/sign-in-driver.js';
import type { Context } from '../context.js';
import { noteProfileVariables } from '../profiles/secret-variables.js';
import type { DriverMakers, DriverNetwork } from '../smoke/drivers.js';

/**
 * The drivers that sign in without a person; each is loaded when it is first
 * needed. `auto` and `browser` share one browser. `browserPath`: the program,
 * in place of what is found on this machine.
 */
export function driverMakers(context: Context, browserPath?: string): DriverMakers {
  const { env, platform, cwd, clock } = context;
  const browsers = new Map<string, Promise<SignInDriver>>();
  const http: DriverMakers['http'] = async ({ fetch }) => {
    const { httpDriver } = await import('../browser/http-driver.js');
    return httpDriver({ fetch: fetch.ask, clock });
  };
  const startBrowser = async ({ ca: caFile, insecure }: DriverNetwork['settings']) => {
    const { headlessBrowserDriver } = await import('../browser/headless-browser.js');
    await noteProfileVariables(context);
    return headlessBrowserDriver({ browserPath, env, platform, caFile, insecure, clock });
  };
  const browser: DriverMakers['browser'] = ({ settings }) => {
    const key = JSON.stringify(settings);
    const driver = browsers.get(key) ?? startBrowser(settings);
    browsers.set(key, driver);
    return driver;
  };
  return {
    http,
    browser,
    auto: async (network) => {
      const { autoDriver } = await import('../browser/auto-driver.js');
      return autoDriver(await http(network), () => browser(network));
    },
    command: async (command) => {
      const { commandDriver } = await import('../browser/command-driver.js');
      await noteProfileVariables(context);
      return commandDriver({ command, env, platform, cwd, clock });
    },
  };
}
