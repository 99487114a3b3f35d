import { defineConfig } from 'vitest/config';

const slow = process.env.KATONIC_SLOW_TESTS === '1';

export default defineConfig({
  test: {
    include: slow ? ['test/**/*.slow.test.ts'] : ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/fixtures/**', ...(slow ? [] : ['test/**/*.slow.test.ts'])],
    testTimeout: slow ? 600_000 : 30_000,
    hookTimeout: slow ? 600_000 : 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
