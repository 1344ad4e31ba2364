import type { SignInDriver } from '../browser/sign-in-driver.js';
import type { NetworkFetch } from '../network/fetch.js';
import type { ProviderSettings } from './providers.js';

/** What a driver's own requests need: certificates, and the connections of the run. */
export interface DriverNetwork {
  readonly settings: Pick<ProviderSettings, 'ca' | 'insecure'>;
  readonly fetch: NetworkFetch;
}

/** The drivers of one run, each made when it is first needed: one browser serves all checks. */
export interface Drivers {
  /** `auto` is http, and a browser where the page needs a script. */
  get(name: 'auto' | 'http' | 'browser', network: DriverNetwork): Promise<SignInDriver>;
  /** The driver that runs this command. */
  command(command: string): Promise<SignInDriver>;
  /** Forgets what the sign-ins with this object shared. */
  endSession(session: object): void;
  /** Ends everything that was started. */
  close(): Promise<void>;
}

/** How drivers are made: by their modules, or by a test. */
export interface DriverMakers {
  readonly auto: (network: DriverNetwork) => Promise<SignInDriver>;
  readonly http: (network: DriverNetwork) => Promise<SignInDriver>;
  readonly browser: (network: DriverNetwork) => Promise<SignInDriver>;
  readonly command: (command: string) => Promise<SignInDriver>;
}

/** Keeps the drivers of one run. */
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
        // Its browser may have died meanwhile: there is nothing to forget then.
        driver.then((one) => one.endSession?.(session)).catch(() => undefined);
      }
    },
    close: async () => {
      await Promise.allSettled([...made.values()].map(async (driver) => (await driver).close()));
      made.clear();
    },
  };
}
