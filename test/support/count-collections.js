// For `node --import`: counts how often the front process collected its whole heap, and writes that into a file when it ends.
import { writeFileSync } from 'node:fs';
import { constants, PerformanceObserver } from 'node:perf_hooks';

if (process.argv[1]?.endsWith('front-process.js')) {
  let count = 0;
  const seen = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) count += 1;
  });
  seen.observe({ entryTypes: ['gc'] });
  process.on('exit', () => writeFileSync(process.env.COLLECTIONS_FILE, String(count)));
}
