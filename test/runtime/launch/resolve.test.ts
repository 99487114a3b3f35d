import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { compiled, packageRoot } from '../../../runtime/package-root.js';

/** Hooks that need a thread; from Node 22.15 on there are others. */
const needsThread = !('registerHooks' in Module);

/** How often a process that loads a package in `dir` starts the thread, and what joi is there for `import` and `require`. */
function loading(dir: string): { threads: number; imported: string; required: string } {
  const user = join(dir, 'uses-joi.mjs');
  writeFileSync(user, "import Joi from 'joi';\nexport default typeof Joi.object;\n");
  onTestFinished(() => rmSync(user, { force: true }));
  const script = `
    import Module, { createRequire } from 'node:module';
    let threads = 0;
    const register = Module.register;
    Module.register = (...given) => { threads += 1; return register(...given); };
    const { resolveOurs } = await import(${JSON.stringify(pathToFileURL(compiled('runtime/launch/resolve.js')).href)});
    resolveOurs(${JSON.stringify(dir)});
    const user = ${JSON.stringify(pathToFileURL(user).href)};
    const { default: imported } = await import(user);
    console.log(JSON.stringify({ threads, imported, required: typeof createRequire(user)('joi').object }));
  `;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
}

it.runIf(needsThread)('needs no thread for a package that has what it imports', () => {
  const dir = mkdtempSync(join(packageRoot, 'test/fixtures/katonic-resolve-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  expect(loading(dir)).toEqual({ threads: 0, imported: 'function', required: 'function' });
});

it('lends a package in any folder what it has not installed', () => {
  const dir = mkdtempSync(join(tmpdir(), 'katonic-resolve-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'package.json'), '{"name": "bare"}');
  expect(loading(dir)).toEqual({ threads: needsThread ? 1 : 0, imported: 'function', required: 'function' });
});
