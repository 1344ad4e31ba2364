import * as z from 'zod';

const keys = () => z.array(z.string(), { error: 'a list of keys' }).optional();
const mapping = () => z.record(z.string(), z.unknown(), { error: 'a mapping' }).optional();

/** A Logto connector that a profile was imported from, so that it can be written back as it was. */
export const savedConnector = z.strictObject(
  {
    /** The connector's JSON, whole, with a placeholder for each secret. */
    document: mapping(),
    /** JSON pointers (RFC 6901) into the document, of values that the session store keeps. */
    stored: z.array(z.string(), { error: 'a list of JSON pointers' }).optional(),

    // Version 0.1.0 wrote these in place of the document: whatever other keys of the profile did not say.
    config: mapping(),
    leftOut: keys(),
    customKeys: keys(),
    around: mapping(),
    order: z.record(z.string(), z.array(z.string()), { error: 'a mapping of JSON pointers to keys' }).optional(),
  },
  { error: 'a mapping with document and stored' },
);

/** As `savedConnector` has it. */
export type SavedConnector = z.infer<typeof savedConnector>;
