import Module, { createRequire } from 'node:module';
import { extname, join, parse } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { resolveOurs } from './resolve.js';

const require = createRequire(import.meta.url);
/** Node 24 and the hooks put more than ten frames of their own above the author's line. */
Error.stackTraceLimit = Math.max(Error.stackTraceLimit, 50);

let registered = false;

/**
 * Loads a module of the package at `dir`: TypeScript through ts-node (types are checked apart, in `types.ts`), JavaScript
 * as Node does. The value holds the named exports, and those of a default object (which is what `module.exports` becomes).
 * What the module throws comes out as it is.
 */
export async function loadUserModule(dir: string, file: string): Promise<Record<string, unknown>> {
  const isTypeScript = /^\.[cm]?ts$/.test(extname(file));
  if (isTypeScript) registerTypeScript();
  resolveOurs(dir);
  if (isTypeScript) return flat(createRequire(join(dir, 'package.json'))(file) as object);
  return flat((await import(pathToFileURL(file).href)) as object);
}

function flat(exports: object): Record<string, unknown> {
  const given = { ...exports } as Record<string, unknown>;
  const fallback = given.default;
  return typeof fallback === 'object' && fallback !== null ? { ...fallback, ...given } : given;
}

/** Only where TypeScript is to be loaded: an upload is compiled and carries neither ts-node nor typescript. */
export function registerTypeScript(): void {
  if (registered) return;
  registered = true;
  // From Node 22.8: loading typescript, most of the time until the first answer, takes half as long.
  (Module as { enableCompileCache?: () => void }).enableCompileCache?.();
  const tsNode = require('ts-node') as typeof import('ts-node');
  const { root } = parse(process.cwd());
  tsNode.register({
    // For every folder, also below node_modules, where the examples of an installed copy are.
    cwd: root,
    ignore: [],
    skipProject: true,
    pretty: false,
    compiler: require.resolve('typescript'),
    moduleTypes: { [`${root.replaceAll('\\', '/')}**/*`]: 'cjs' },
    experimentalResolver: true,
    transpileOnly: true,
    compilerOptions: { target: 'ES2022', module: 'commonjs', esModuleInterop: true, strict: true, skipLibCheck: true },
  });
}
