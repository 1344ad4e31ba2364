import { afterAll } from 'vitest';
import { endAll } from './end-of-file.js';

// Runs before each test file, also where several share a process: a hook beside the code of a helper, which is loaded
// once, would stand in the first of them only.
afterAll(endAll);
