import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { KatonicError } from '../../errors.js';
import type { Sources } from '../sources/allow-list.js';

/** The recipe of `launch/user-module.ts`, with maps that name the TypeScript lines. */
const RECIPE: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  esModuleInterop: true,
  strict: true,
  allowJs: true,
  rewriteRelativeImportExtensions: true,
  inlineSourceMap: true,
};

/**
 * Compiles the package's own code into `app` and keeps the sources under `app/src`. Paths in compiled files
 * (`__dirname`, `import.meta.dirname`) count from the root of the upload, where `model/` and `labels_file.json` lie.
 * Returns the `type` that `app/package.json` needs. Throws {@link KatonicError} `package` for a file it cannot place.
 */
export function compileSources(sources: Sources, app: string): 'commonjs' | 'module' {
  const typed = sources.code.some((path) => /\.[cm]?ts$/.test(path));
  const type = !typed && sources.manifest.type === 'module' ? 'module' : 'commonjs';
  for (const path of sources.code) {
    const text = readFileSync(join(sources.folder, path));
    write(join(app, 'src', path), text);
    if (path.endsWith('.json')) write(join(app, path), text);
    else if (/\.d\.[cm]?ts$/.test(path)) continue;
    else if (/\.[cm]?ts$/.test(path))
      write(join(app, compiledName(path, sources)), fromRoot(transpile(text, path), path, false));
    else if (/\.[cm]?js$/.test(path)) writeScript(sources, path, text.toString('utf8'), app, type);
  }
  return type;
}

function writeScript(sources: Sources, path: string, text: string, app: string, type: string): void {
  const module = path.endsWith('.mjs') || (path.endsWith('.js') && sources.manifest.type === 'module');
  const converted = module && path.endsWith('.js') && type === 'commonjs';
  write(join(app, path), fromRoot(converted ? transpile(Buffer.from(text), path) : text, path, module && !converted));
}

function compiledName(path: string, { launch, schema }: Sources): string {
  if (path.endsWith('.ts') || path === launch || path === schema) return path.replace(/\.[cm]?ts$/, '.js');
  throw new KatonicError({
    code: 'package',
    message: `${path}: imported TypeScript is expected to end in .ts`,
    remedy: 'Rename it to .ts; launch files are loaded as CommonJS whatever they are called.',
    where: { file: path },
  });
}

function transpile(text: Buffer, path: string): string {
  return ts.transpileModule(text.toString('utf8'), { fileName: path, compilerOptions: RECIPE }).outputText;
}

/** Inserted behind a `'use strict'`, on its line, so that line numbers stay. */
function fromRoot(code: string, path: string, module: boolean): string {
  const up = JSON.stringify(`${'../'.repeat(path.split('/').length)}${posix.dirname(path)}`);
  const name = JSON.stringify(posix.basename(path));
  const line = module
    ? `import.meta.dirname = process.getBuiltinModule("node:path").join(import.meta.dirname, ${up}); import.meta.filename = process.getBuiltinModule("node:path").join(import.meta.dirname, ${name}); import.meta.url = process.getBuiltinModule("node:url").pathToFileURL(import.meta.filename).href;`
    : `__dirname = require("node:path").join(__dirname, ${up}); __filename = require("node:path").join(__dirname, ${name});`;
  const file = ts.createSourceFile('compiled.js', code, ts.ScriptTarget.ES2022);
  const [first] = file.statements;
  if (first === undefined) return code;
  const directive = ts.isExpressionStatement(first) && ts.isStringLiteral(first.expression);
  const at = directive ? first.getEnd() : first.getStart(file);
  return `${code.slice(0, at)} ${line} ${code.slice(at)}`;
}

function write(file: string, text: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
