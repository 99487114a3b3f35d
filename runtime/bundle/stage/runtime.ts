import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { compiled, packageRoot } from '../../package-root.js';
import type { UploadEngine } from './engine.js';

const OURSELVES = 'node_modules/generator-katonic-classifier';
/** What launch.py starts, relative to `app`. */
export const ENTRY = `${OURSELVES}/dist/runtime/workers/child.js`;

/** Only for development: an import of one of these fails in an upload. */
const DEVELOPMENT = ['typescript', 'ts-node', 'esbuild', '@tensorflow/tfjs-node'];
const TFJS = '@tensorflow/tfjs';
const WASM = '@tensorflow/tfjs-backend-wasm';

/**
 * Bundles the child process and the part of the runtime that launch files import into `app/node_modules`. The libraries
 * of `engine` stay beside it; everything else it needs is inside. The two entries share their modules, so that an
 * `InputError` of user code is the one the child knows.
 */
export async function bundleRuntime(app: string, engine: UploadEngine): Promise<void> {
  const out = join(app, OURSELVES);
  await build({
    entryPoints: [compiled('runtime/workers/child.js'), compiled('runtime/public.js')],
    absWorkingDir: packageRoot,
    outbase: packageRoot,
    outdir: out,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    chunkNames: 'dist/runtime/chunks/[name]-[hash]',
    banner: {
      js: `import { createRequire as nodeRequire } from 'node:module'; globalThis.require ??= nodeRequire(import.meta.url);`,
    },
    minifySyntax: true,
    minifyWhitespace: true,
    external: [...engine.libraries, ...engine.absent, ...DEVELOPMENT, TFJS, WASM],
    plugins: [compiledModules],
    legalComments: 'none',
    logLevel: 'silent',
  });
  const { name, version, license } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const exports = { './runtime': './dist/runtime/public.js', './package.json': './package.json' };
  writeJson(join(out, 'package.json'), { name, version, license, type: 'module', exports });
  if (engine.tfjs) await rebuildTfjs(join(app, 'node_modules'));
}

/**
 * TensorFlow.js as npm installs it has 150 MB of builds. Here are two files of its own code and the WebAssembly; the
 * backend takes the core from the first, so that there is one registry of kernels.
 */
async function rebuildTfjs(modules: string): Promise<void> {
  const require = createRequire(import.meta.url);
  for (const library of [TFJS, WASM]) {
    const { name, version, license } = JSON.parse(readFileSync(require.resolve(`${library}/package.json`), 'utf8'));
    writeJson(join(modules, library, 'package.json'), { name, version, license, main: 'index.js' });
    await build({
      entryPoints: [require.resolve(library)],
      outfile: join(modules, library, 'index.js'),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      plugins: library === WASM ? [coreOfTfjs] : [],
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: 'none',
      logLevel: 'silent',
    });
  }
  const dist = join(dirname(require.resolve(`${WASM}/package.json`)), 'dist');
  mkdirSync(join(modules, WASM, 'dist'), { recursive: true });
  for (const file of readdirSync(dist).filter((name) => name.endsWith('.wasm'))) {
    copyFileSync(join(dist, file), join(modules, WASM, 'dist', file));
  }
}

function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

const coreOfTfjs: Plugin = {
  name: 'core-of-tfjs',
  setup(setup) {
    setup.onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, () => ({ path: TFJS, external: true }));
  },
};

const compiledModules: Plugin = {
  name: 'compiled-modules',
  setup(setup) {
    setup.onResolve({ filter: /\/user-module\.js$/ }, () => ({
      path: compiled('runtime/bundle/stage/compiled-module.js'),
    }));
  },
};
