// Writes the JSON Schema of the configuration file, which editors read, from the zod schema that the tool checks with.
import { mkdirSync, writeFileSync } from 'node:fs';
import { jsonSchema } from '../dist/profiles/json-schema.js';

const file = new URL('../schema/oidc-cli.schema.json', import.meta.url);
mkdirSync(new URL('.', file), { recursive: true });
writeFileSync(file, jsonSchema());
