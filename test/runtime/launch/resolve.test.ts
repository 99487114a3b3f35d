import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { compiled, packageRoot } from '../../../runtime/package-root.js';

/** Hooks that need a thread; from Node 22.15 on there are others. */
const needsThread = !('registerHooks' in Module);

/** How often a process that loads the package in `dir` starts the thread, and whether `require` then finds joi there. */
function loading(dir: string): { threads: number; joi: boolean } {
  const script = `
    import Module, { createRequire } from 'node:module';
    let threads = 0;
    const register = Module.register;
    Module.register = (...given) => { threads += 1; return register(...given); };
    const { resolveOurs } = await import(${JSON.stringify(compiled('runtime/launch/resolve.js'))});
    const dir = ${JSON.stringify(dir)};
    resolveOurs(dir);
    console.log(JSON.stringify({ threads, joi: createRequire(dir + '/launch.js').resolve('joi') !== undefined }));
  `;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
}

it('needs no thread for a package that has what it imports', () => {
  expect(loading(join(packageRoot, 'test/fixtures'))).toEqual({ threads: 0, joi: true });
});

it('lends a package in any folder what it has not installed', () => {
  const dir = mkdtempSync(join(tmpdir(), 'katonic-resolve-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'package.json'), '{"name": "bare"}');
  expect(loading(dir)).toEqual({ threads: needsThread ? 1 : 0, joi: true });
});
