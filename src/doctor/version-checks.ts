import { CheckList, type DoctorCheck, type Explain } from '../checks/check-list.js';

/** The versions of this program and its platform. */
export interface Versions {
  readonly oidcCli: string;
  /** Without the leading v. */
  readonly node: string;
  readonly openidClient: string;
  /** Name, release and processor. */
  readonly system: string;
}

/** The oldest supported Node, as in `engines` of package.json. */
const MIN_NODE = [20, 19] as const;

/** Lists the versions that a provider's support asks for first. */
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
