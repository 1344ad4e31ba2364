// Preloaded into a command: at its end writes the CommonJS files that it loaded into the file named by LOADED_FILES.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { cache } = createRequire(import.meta.url);
process.once('exit', () => writeFileSync(process.env.LOADED_FILES, JSON.stringify(Object.keys(cache))));
