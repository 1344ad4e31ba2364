import { issuerChangedBy, type Layer } from './layers.js';
import { issuerFromLayers } from './logto-kind.js';

/** Endpoints that a profile may name itself, in place of what discovery says. */
export const ENDPOINT_KEYS = ['authorizationEndpoint', 'tokenEndpoint', 'jwksUri'] as const;

/**
 * The layers, highest first, without endpoints that belong to another issuer
 * than the one that is signed in to: code and client secret go to these
 * addresses. Each that is left out is told in a warning.
 */
export function bindEndpoints(layers: readonly Layer[]): { layers: Layer[]; warnings: string[] } {
  const issuer = issuerFromLayers(layers);
  const warnings: string[] = [];
  const bound = layers.map((layer, at) => {
    const keys = ENDPOINT_KEYS.filter((key) => layer.values[key] !== undefined);
    const below = layers.slice(at);
    const own = issuerFromLayers(below);
    if (keys.length === 0 || own === undefined || own === issuer) return layer;
    const values = { ...layer.values };
    for (const key of keys) delete values[key];
    const [here, there] = [layer.source(keys[0] ?? 'issuer').where, issuerChangedBy(layers, below)];
    warnings.push(`Without ${keys.join(', ')} from ${here}: set for ${own}, and not for ${issuer} (from ${there}).`);
    return { ...layer, values };
  });
  return { layers: bound, warnings };
}
