import * as z from 'zod';
import { fileSchema } from './schema.js';

/**
 * The JSON Schema (draft 2020-12) of the configuration file, for editors, as
 * the text of `schema/oidc-cli.schema.json`. It comes from the zod schema
 * alone, and is the same for the same schema.
 */
export function jsonSchema(): string {
  const { $schema, title, description, ...rest } = z.toJSONSchema(fileSchema, { io: 'input' });
  return `${JSON.stringify({ $schema, title, description, ...rest }, undefined, 2)}\n`;
}
