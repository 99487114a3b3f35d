import { it } from 'vitest';
import { tempFolder } from './helpers.js';
import { killAndCount } from './kill.js';

it('acknowledged feedback survives kill -9 of the server and its workers', async () => {
  await killAndCount(5, tempFolder());
}, 60_000);
