import Module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compiled } from '../package-root.js';

const require = createRequire(import.meta.url);

/** What a package may import without having it installed: then ours is taken, so that any folder serves as it is. */
const OURS: Readonly<Record<string, string>> = {
  'generator-katonic-classifier/runtime': compiled('runtime/public.js'),
  joi: require.resolve('joi'),
};

type Resolve = (specifier: string, context: unknown, next: NextResolve) => Resolved | Promise<Resolved>;
type NextResolve = (specifier: string, context: unknown) => Resolved | Promise<Resolved>;
interface Resolved {
  url: string;
  shortCircuit?: boolean;
}
interface Hooks {
  /** From Node 22.15 and 23.5: covers `require` and `import`, in the same thread. */
  registerHooks?(hooks: { resolve: Resolve }): void;
  register(specifier: string | URL, options?: { data: unknown }): void;
}

let hooked = false;
let patched: unknown;
/** Set while it is asked what is there without {@link OURS}. */
let bare = false;

/**
 * Makes {@link OURS} the last resort of `require` and `import` in this process. To be called again after ts-node was
 * registered, which puts a resolver of its own in the place of the one it finds.
 *
 * @param dir of the package that is loaded.
 */
export function resolveOurs(dir: string): void {
  const hooks = Module as unknown as Hooks;
  if (hooks.registerHooks === undefined) patchRequire();
  if (hooked) return;
  if (hooks.registerHooks !== undefined) {
    hooked = true;
    hooks.registerHooks({
      resolve: (specifier, context, next) => {
        const ours = OURS[specifier];
        if (ours === undefined) return next(specifier, context);
        try {
          return next(specifier, context);
        } catch {
          return { url: pathToFileURL(ours).href, shortCircuit: true };
        }
      },
    });
    return;
  }
  // These hooks run in a thread, whose start is a tenth of a second: not for a package that has what it imports.
  if (Object.keys(OURS).every((name) => isInstalled(name, dir))) return;
  hooked = true;
  hooks.register(pathToFileURL(compiled('runtime/launch/resolve-hooks.js')), { data: OURS });
}

function isInstalled(name: string, dir: string): boolean {
  bare = true;
  try {
    createRequire(join(dir, 'package.json')).resolve(name);
    return true;
  } catch {
    return false;
  } finally {
    bare = false;
  }
}

function patchRequire(): void {
  const internals = Module as unknown as { _resolveFilename(request: string, ...rest: unknown[]): string };
  const original = internals._resolveFilename;
  if (original === patched) return;
  internals._resolveFilename = function (request, ...rest) {
    const ours = bare ? undefined : OURS[request];
    if (ours === undefined) return original.call(this, request, ...rest);
    try {
      return original.call(this, request, ...rest);
    } catch {
      return ours;
    }
  };
  patched = internals._resolveFilename;
}

/** The path of a file URL or path, as stacks hold both. */
export function asPath(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file;
}
