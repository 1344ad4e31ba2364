import { issuerChangedBy, type Layer, type LayerSecret } from './layers.js';
import { issuerFromLayers } from './logto-kind.js';
import type { ClientAuthMethod, UntrustedPlace } from './profile.js';
import { hostOf, untrustedError } from './trust.js';

/** The secret that may be used, and what has to be said about it. */
export interface BoundSecret {
  readonly secret: LayerSecret | undefined;
  readonly warnings: readonly string[];
}

/** The issuer as far as it decides where a secret goes: host, port and path. */
function normalizeIssuer(issuer: string): string {
  return new URL(issuer).href.replace(/\/+$/, '');
}

/** The untrusted layer without which the issuer would be another, or none; undefined where the user chose the issuer. */
function untrustedIssuer(layers: readonly Layer[]): Layer | undefined {
  const project = layers.find((layer) => layer.untrusted !== undefined);
  if (!project) return undefined;
  const issuer = issuerFromLayers(layers);
  const own = issuerFromLayers(layers.filter((layer) => layer !== project));
  if (issuer === undefined || (own !== undefined && normalizeIssuer(own) === normalizeIssuer(issuer))) return undefined;
  return project;
}

/**
 * The secret where the environment has one for whoever asks, and a file that
 * came with the folder chose the issuer: the one that this file names itself.
 * Throws `config_untrusted` (facts as `untrusted`, with `variable`, `host`)
 * where it names none.
 */
function dropAmbientSecret(
  ambient: LayerSecret,
  project: Layer,
  layers: readonly Layer[],
  clientAuth: ClientAuthMethod | undefined,
): BoundSecret {
  const others = layers.map((layer) => (layer.secret === ambient ? { ...layer, secret: undefined } : layer));
  const bound = bindSecret(others, clientAuth);
  const { secret, warnings } = bound;
  if (!secret) {
    const variable = ambient.key.replace(/_FILE$/, '');
    const key = project.values.kind === 'logto' ? 'appSecret' : 'clientSecret';
    const line = `${key}: \${${variable}}`;
    const add = `${variable === ambient.key ? 'Add' : `Put the secret into ${variable}, add`} the line ${line} to the profile`;
    throw untrustedError(project.untrusted as UntrustedPlace, {
      variable: ambient.key,
      host: hostOf(issuerFromLayers(layers) ?? ''),
      how: `${add}, unset ${ambient.key}, or pass --trust-project`,
    });
  }
  if (secret.reference.kind === 'env' && secret.reference.name === ambient.key) return bound;
  const unused = `${ambient.key} is not used: the issuer is from ${project.source('issuer').where}, and the client secret from ${secret.source.where} goes with it.`;
  return { secret, warnings: [unused, ...warnings] };
}

/**
 * Picks the client secret of the highest layer that has one, and lets it go
 * only to the issuer that it was set for: the one that its own layer, or one
 * below, names. `layers` come highest first. Where a higher layer names
 * another issuer, the secret is dropped with a warning. A secret whose own
 * layers name no issuer follows the person's flag or variable, never a
 * project's file: that would hand it to whoever wrote the repository. One from
 * the environment never follows an issuer that an untrusted project's file
 * chose. Throws `config_untrusted`.
 */
export function bindSecret(layers: readonly Layer[], clientAuth: ClientAuthMethod | undefined): BoundSecret {
  const at = layers.findIndex((layer) => layer.secret !== undefined);
  const secret = layers[at]?.secret;
  if (secret === undefined) return { secret: undefined, warnings: [] };
  if (secret.source.layer === 'environment' && clientAuth !== 'none') {
    const project = untrustedIssuer(layers);
    if (project) return dropAmbientSecret(secret, project, layers, clientAuth);
  }
  const from = `the client secret from ${secret.source.where}`;
  if (clientAuth === 'none') {
    return { secret: undefined, warnings: [`clientAuth is none: ${from} is not used.`] };
  }
  const effective = layers.find((layer) => layer.values.issuer !== undefined);
  const own = layers.slice(at);
  // Compared as they will be used: the kind logto, from a layer above, makes another issuer of the same words.
  const issuer = issuerFromLayers(layers);
  const ownIssuer = issuerFromLayers(own);
  if (issuer !== undefined) {
    const same = ownIssuer !== undefined && normalizeIssuer(issuer) === normalizeIssuer(ownIssuer);
    const free = ownIssuer === undefined && effective?.layer !== 'project file';
    if (!same && !free) {
      const set = ownIssuer === undefined ? 'not set for an issuer there' : `set for ${ownIssuer}`;
      const by = issuerChangedBy(layers, own);
      return {
        secret: undefined,
        warnings: [`Without a client secret: ${from} is ${set}, and is not sent to ${issuer} (from ${by}).`],
      };
    }
  }
  const warnings: string[] = [];
  if (secret.reference.kind === 'value') {
    warnings.push(
      secret.source.layer === 'flag'
        ? "The client secret on the command line is visible to other users of this machine and stays in the shell's history: --client-secret-env, --client-secret-file and --client-secret-stdin do not show it."
        : `The client secret stands in ${secret.source.where} for everybody who can read the file: write \${NAME} for an environment variable, or use ${secret.key.endsWith('.appSecret') ? 'appSecretFile' : 'clientSecretFile'}.`,
    );
  }
  return { secret, warnings };
}
