import { CheckList, type DoctorCheck, type Explain } from '../checks/check-list.js';

/** What runs here. */
export interface Versions {
  readonly oidcCli: string;
  /** Without a v. */
  readonly node: string;
  readonly openidClient: string;
  /** Name, release and processor. */
  readonly system: string;
}

/** The least Node that is supported: as package.json has it under `engines`. */
const MIN_NODE = [20, 19] as const;

/** The versions in play, as a colleague or a provider's support asks for them first. */
export function versionChecks(versions: Versions, explain: Explain): DoctorCheck[] {
  const checks = new CheckList('versions', { explain });
  checks.pass('oidc-cli', versions.oidcCli);
  const [major = 0, minor = 0] = versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = MIN_NODE;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) {
    checks.pass('node', versions.node);
  } else {
    checks.fail('node', {
      actual: versions.node,
      expected: `${leastMajor}.${leastMinor} or newer`,
      why: 'Older ones lack what this tool is built on, and fail in the midst of a sign-in.',
      repair: 'Install a current Node.',
      side: 'machine',
    });
  }
  checks.pass('operating system', versions.system);
  checks.pass('openid-client', versions.openidClient);
  return checks.all;
}
