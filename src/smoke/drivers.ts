import type { SignInDriver } from '../browser/sign-in-driver.js';
import type { NetworkFetch } from '../network/fetch.js';
import type { ProviderSettings } from './providers.js';

/** Dependencies of a driver's own requests: certificates, and the connections of the run. */
export interface DriverNetwork {
  readonly settings: Pick<ProviderSettings, 'ca' | 'insecure'>;
  readonly fetch: NetworkFetch;
}

/** The drivers of one run, each made at its first use: all checks share one browser. */
export interface Drivers {
  /** `auto` is http, and a browser if the page needs a script. */
  get(name: 'auto' | 'http' | 'browser', network: DriverNetwork): Promise<SignInDriver>;
  /** The driver that runs this command. */
  command(command: string): Promise<SignInDriver>;
  /** Removes the shared state (cookies) of the sign-ins with this object. */
  endSession(session: object): void;
  /** Ends all started drivers. */
  close(): Promise<void>;
}

/** Makes drivers: from their modules, or from a test. */
export interface DriverMakers {
  readonly auto: (network: DriverNetwork) => Promise<SignInDriver>;
  readonly http: (network: DriverNetwork) => Promise<SignInDriver>;
  readonly browser: (network: DriverNetwork) => Promise<SignInDriver>;
  readonly command: (command: string) => Promise<SignInDriver>;
}

/** Makes the drivers of one run. */
export function createDrivers(make: DriverMakers): Drivers {
  const made = new Map<string, Promise<SignInDriver>>();
  const once = (key: string, maker: () => Promise<SignInDriver>) => {
    const known = made.get(key) ?? maker();
    made.set(key, known);
    // The next check tries again.
    known.catch(() => made.delete(key));
    return known;
  };
  return {
    get: (name, network) => once(JSON.stringify([name, network.settings]), () => make[name](network)),
    command: (command) => once(`command ${command}`, () => make.command(command)),
    endSession: (session) => {
      for (const driver of made.values()) {
        // The browser may have crashed meanwhile, and its state with it.
        driver.then((one) => one.endSession?.(session)).catch(() => undefined);
      }
    },
    close: async () => {
      await Promise.allSettled([...made.values()].map(async (driver) => (await driver).close()));
      made.clear();
    },
  };
}
