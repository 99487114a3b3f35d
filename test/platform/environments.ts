import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../runtime/package-root.js';
import { withLock } from './lock.js';

const run = promisify(execFile);
const INSTALL = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-compile'];

/** A fresh Python environment with what `args` of `pip install` name; returns its interpreter. */
export async function makeVenv(python: string, folder: string, args: readonly string[]): Promise<string> {
  await run(python, ['-m', 'venv', folder]);
  const inside = join(folder, 'bin', 'python');
  await run(inside, [...INSTALL, ...args]);
  return inside;
}

/** Packages in a folder of their own, for PYTHONPATH: a tenth of the time that another environment takes. */
export async function installInto(inside: string, folder: string, args: readonly string[]): Promise<void> {
  await run(inside, [...INSTALL, '--target', folder, ...args]);
}

/**
 * The environment of KServe's and Triton's own tools: large, and only asked questions. It is made once for all test
 * files and runs; a change of `packages` makes another one.
 */
export async function clientTools(python: string): Promise<string> {
  const packages = ['kserve', 'tritonclient[http]', 'kubernetes-validate', 'pyyaml'];
  const { stdout } = await run(python, ['-c', 'import sys; print(sys.executable, sys.version)']);
  const key = createHash('sha256').update(`${stdout}${packages}`).digest('hex').slice(0, 16);
  const cache = join(packageRoot, 'node_modules', '.cache', 'katonic-classifier');
  const folder = join(cache, `clients-${key}`);
  const whole = join(folder, 'whole');
  await mkdir(cache, { recursive: true });
  return withLock(`${folder}.lock`, async () => {
    const inside = join(folder, 'bin', 'python');
    if (existsSync(whole)) return inside;
    await rm(folder, { recursive: true, force: true });
    await makeVenv(python, folder, packages);
    await writeFile(whole, '');
    return inside;
  });
}
