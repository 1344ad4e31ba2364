import * as z from 'zod';
import { planSchema } from './plan.js';

/** The JSON Schema (draft 2020-12) of a plan, for editors, as the text of `schema/oidc-smoke.schema.json`. */
export function planJsonSchema(): string {
  const { $schema, title, description, ...rest } = z.toJSONSchema(planSchema, { io: 'input' });
  return `${JSON.stringify({ $schema, title, description, ...rest }, undefined, 2)}\n`;
}
