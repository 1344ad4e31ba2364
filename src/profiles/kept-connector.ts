import * as z from 'zod';

/** What a Logto connector says that no other key of a profile does, so that it can be written back whole. */
export const keptConnector = z.strictObject(
  {
    /** Members of the configuration, each at its place. */
    config: z.record(z.string(), z.unknown(), { error: "a mapping of the connector's keys" }).optional(),
    /** Keys that the configuration leaves to Logto's defaults, though other keys here say what holds. */
    leftOut: z.array(z.string(), { error: 'a list of keys' }).optional(),
    /** The keys of customConfig as they are spelled, in their order. */
    customKeys: z.array(z.string(), { error: 'a list of keys' }).optional(),
    /** What the Management API has around the configuration. */
    around: z.record(z.string(), z.unknown(), { error: 'a mapping' }).optional(),
    /** The keys of objects whose order is not Logto's, by the object's JSON pointer in the file. */
    order: z.record(z.string(), z.array(z.string()), { error: 'a mapping of JSON pointers to keys' }).optional(),
    /** JSON pointers (RFC 6901) of values that the session store keeps. */
    stored: z.array(z.string(), { error: 'a list of JSON pointers' }).optional(),
  },
  { error: 'a mapping with config, leftOut, customKeys, around, order and stored' },
);

/** As `keptConnector` has it. */
export type KeptConnector = z.infer<typeof keptConnector>;
