// Compiles generators/ and runtime/ into dist/. Emits even when types are wrong in a file being worked on; exits 1 then.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const fast = process.argv.includes('--fast') ? ['--noCheck'] : [];
const result = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), ...fast], { stdio: 'inherit' });
for (const bin of ['dist/runtime/cli/cli.js', 'dist/generators/cli.js']) {
  if (existsSync(join(root, bin))) chmodSync(join(root, bin), 0o755);
}
process.exitCode = result.status ?? 1;
