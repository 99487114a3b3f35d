import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CONVERTER_VERSION } from '../../../runtime/convert/version.js';

const FOLDER = join(import.meta.dirname, '../../../runtime/convert');
/** What decides neither the bytes of a converted file nor the verdict on it. */
const OTHERS = ['version.ts', 'command.ts', 'open.ts', 'in-child.ts', 'prepare-child.ts'];

it('the version of the converter is that of its sources', () => {
  const hash = createHash('sha256');
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  for (const name of files.filter((file) => file.endsWith('.ts') && !OTHERS.includes(file)).sort()) {
    hash.update(`${name}\n${readFileSync(join(FOLDER, name), 'utf8').replaceAll('\r\n', '\n')}`);
  }
  const version = hash.digest('hex').slice(0, 12);
  expect(
    CONVERTER_VERSION,
    `the converter changed, and must not use what the one before kept: write '${version}' into runtime/convert/version.ts`,
  ).toBe(version);
});
