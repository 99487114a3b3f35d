import { it } from 'vitest';
import { tempFolder } from './helpers.js';
import { killAndCount } from './kill.js';

it('acknowledged feedback survives 60 times kill -9 of the server and its workers', async () => {
  await killAndCount(60, tempFolder());
});
