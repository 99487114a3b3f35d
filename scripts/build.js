// Compiles generators/ and runtime/ into dist/ and bundles the page into dist/page/.
// `--fast` leaves the types unchecked.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const fast = process.argv.includes('--fast') ? ['--noCheck'] : [];

const compiled = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), ...fast], {
  stdio: 'inherit',
});
for (const bin of ['dist/runtime/cli/cli.js', 'dist/generators/cli.js']) {
  if (existsSync(join(root, bin))) chmodSync(join(root, bin), 0o755);
}

const page = join(root, 'runtime/page');
await build({
  entryPoints: [join(page, 'main.tsx'), join(page, 'page.css')],
  outdir: join(root, 'dist/page'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
});
for (const file of ['index.html', 'icon.svg']) copyFileSync(join(page, file), join(root, 'dist/page', file));

process.exitCode = compiled.status ?? 1;
