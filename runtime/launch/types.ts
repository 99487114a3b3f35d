import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import type ts from 'typescript';
import type { Finding } from '../errors.js';
import { compiled } from '../package-root.js';
import { error, warning } from './findings.js';
import type { KatonicPackage } from './package.js';

const require = createRequire(import.meta.url);

/** "Cannot find name 'process'. Do you need to install type definitions for node?" */
const NODE_TYPES_MISSING = new Set([2580, 2591]);

/**
 * Type errors in the package's own TypeScript, by the package's tsconfig.json where it has one. Takes a second or more
 * and blocks: for a process of its own.
 */
export function checkTypes(pkg: Pick<KatonicPackage, 'dir' | 'launchFile' | 'schemaFile'>): Finding[] {
  const files = [pkg.launchFile, pkg.schemaFile].filter((file) => /^\.[cm]?ts$/.test(extname(file)));
  if (files.length === 0) return [];
  const typescript = require('typescript') as typeof ts;
  const options = optionsOf(typescript, pkg.dir);
  const host = typescript.createCompilerHost(options);
  addFallbacks(typescript, options, host, pkg.launchFile);
  const nodeTypes = nodeTypesOf(pkg.dir);
  const program = typescript.createProgram([...files, ...(nodeTypes ? [nodeTypes] : [])], options, host);
  const own = program.getSourceFiles().filter(({ fileName }) => isOwn(pkg.dir, fileName));
  const diagnostics = own.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]);
  return diagnostics.map((diagnostic) => toFinding(typescript, pkg.dir, diagnostic));
}

function optionsOf(typescript: typeof ts, dir: string): ts.CompilerOptions {
  const config = join(dir, 'tsconfig.json');
  const given = existsSync(config)
    ? typescript.getParsedCommandLineOfConfigFile(
        config,
        {},
        { ...typescript.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
      )?.options
    : undefined;
  const { ScriptTarget, ModuleKind, ModuleResolutionKind } = typescript;
  return {
    target: ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    strict: true,
    ...given,
    // What ts-node runs, seen as loosely as it runs it; `commonjs` would not look at a package's `exports`.
    module: ModuleKind.Preserve,
    moduleResolution: ModuleResolutionKind.Bundler,
    esModuleInterop: true,
    skipLibCheck: true,
    noEmit: true,
    incremental: false,
    composite: false,
    allowImportingTsExtensions: true,
    types: [],
  };
}

/** Ours in the place of what the package has not installed, as `resolve.ts` does when it runs. */
function addFallbacks(typescript: typeof ts, options: ts.CompilerOptions, host: ts.CompilerHost, from: string): void {
  const ours = {
    'generator-katonic-classifier/runtime': compiled('runtime/public.d.ts'),
    joi: join(dirname(require.resolve('joi/package.json')), 'lib/index.d.ts'),
  };
  for (const [name, file] of Object.entries(ours)) {
    const { resolvedModule } = typescript.resolveModuleName(name, from, options, host);
    if (resolvedModule === undefined) options.paths = { ...options.paths, [name]: [file] };
  }
}

function nodeTypesOf(dir: string): string | undefined {
  for (const base of [join(dir, 'package.json'), import.meta.url]) {
    try {
      return join(dirname(createRequire(base).resolve('@types/node/package.json')), 'index.d.ts');
    } catch {
      // The next one; without any, a warning says what is missing.
    }
  }
  return undefined;
}

function isOwn(dir: string, file: string): boolean {
  const path = relative(dir, file);
  return !path.startsWith('..') && !path.split(/[\\/]/).includes('node_modules') && !file.endsWith('.d.ts');
}

function toFinding(typescript: typeof ts, dir: string, diagnostic: ts.Diagnostic): Finding {
  const { file, start, code } = diagnostic;
  const message = `${typescript.flattenDiagnosticMessageText(diagnostic.messageText, '\n  ')} (TS${code})`;
  const at = {
    ...(file === undefined ? {} : { file: relative(dir, file.fileName).split(sep).join('/') }),
    ...(file === undefined || start === undefined ? {} : { line: file.getLineAndCharacterOfPosition(start).line + 1 }),
  };
  if (NODE_TYPES_MISSING.has(code)) {
    return warning('types/node', message, { ...at, remedy: 'Run `npm install --save-dev @types/node`.' });
  }
  return error('types', message, at);
}
