// Writes the JSON Schemas of the configuration file and of smoke checks, which editors read, from the zod schemas that
// the tool checks with.
import { mkdirSync, writeFileSync } from 'node:fs';
import { jsonSchema } from '../dist/profiles/json-schema.js';
import { planJsonSchema } from '../dist/smoke/json-schema.js';

const folder = new URL('../schema/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('oidc-cli.schema.json', folder), jsonSchema());
writeFileSync(new URL('oidc-smoke.schema.json', folder), planJsonSchema());
