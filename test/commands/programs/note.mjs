// A "browser" that opens nothing: writes the URL it was given into the file named before it.
import { writeFileSync } from 'node:fs';

writeFileSync(process.argv[2], process.argv[3]);
