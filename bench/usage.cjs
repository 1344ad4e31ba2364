// Loaded before a measured program: says on descriptor 3 what the process has used when it ends.
const { writeSync } = require('node:fs');

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify({ cpuMicroseconds: userCPUTime + systemCPUTime, maxRssKib: maxRSS }));
});
