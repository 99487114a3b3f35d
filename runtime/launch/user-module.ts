import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolveOurs } from './resolve.js';

const require = createRequire(import.meta.url);
let registered: string | undefined;

/**
 * Loads a module of the package at `dir`: TypeScript through ts-node (types are checked apart, in `types.ts`), JavaScript
 * as Node does. The value holds the named exports, and those of a default object (which is what `module.exports` becomes).
 * What the module throws comes out as it is.
 */
export async function loadUserModule(dir: string, file: string): Promise<Record<string, unknown>> {
  const isTypeScript = /^\.[cm]?ts$/.test(extname(file));
  // Before resolveOurs: ts-node puts a resolver of its own in the place of what it finds.
  if (isTypeScript) registerTypeScript(dir);
  resolveOurs();
  if (isTypeScript) return flat(createRequire(join(dir, 'package.json'))(file) as object);
  return flat((await import(pathToFileURL(file).href)) as object);
}

function flat(exports: object): Record<string, unknown> {
  const given = { ...exports } as Record<string, unknown>;
  const fallback = given.default;
  return typeof fallback === 'object' && fallback !== null ? { ...fallback, ...given } : given;
}

/** Only where TypeScript is to be loaded: an upload is compiled and carries neither ts-node nor typescript. */
export function registerTypeScript(dir: string): void {
  if (registered === dir) return;
  registered = dir;
  const tsNode = require('ts-node') as typeof import('ts-node');
  tsNode.register({
    cwd: dir,
    skipProject: true,
    pretty: false,
    compiler: require.resolve('typescript'),
    moduleTypes: { '**/*': 'cjs' },
    experimentalResolver: true,
    transpileOnly: true,
    compilerOptions: { target: 'ES2022', module: 'commonjs', esModuleInterop: true, strict: true, skipLibCheck: true },
  });
}
