import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compiled } from '../../../runtime/package-root.js';
import { tempFolder } from './helpers.js';
import { killAndCount } from './kill.js';

it('acknowledged feedback survives kill -9', async () => {
  expect(existsSync(compiled('runtime/feedback/store.js')), 'run npm run build first').toBe(true);
  await killAndCount(5, tempFolder());
});
