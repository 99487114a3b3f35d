import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

/**
 * Stands in an upload for `launch/user-module.ts`: the code there is compiled already, so neither ts-node nor the
 * compiler is in it. Same form of result, for `.js`, `.cjs` and `.mjs`. Relative paths count from the root of the
 * upload, the folder above: `model/` and `labels_file.json` lie there, beside launch.py.
 */
export async function loadUserModule(dir: string, file: string): Promise<Record<string, unknown>> {
  process.chdir(join(dir, '..'));
  const commonjs = extname(file) !== '.mjs';
  const exports = commonjs ? createRequire(join(dir, 'package.json'))(file) : await import(pathToFileURL(file).href);
  const given = { ...(exports as object) } as Record<string, unknown>;
  const fallback = given.default;
  return typeof fallback === 'object' && fallback !== null ? { ...fallback, ...given } : given;
}
