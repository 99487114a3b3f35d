import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import process from 'node:process';
import type { Finding } from '../errors.js';
import { misnamedInSource } from './exports.js';
import { error } from './findings.js';
import { asPath } from './resolve.js';
import { lineOf } from './source-lines.js';
import { describe, placeInPackage } from './user-errors.js';

/** A bracket or quote that is not closed is noticed where the next line does not fit. */
const SYNTAX_REMEDY = 'Correct this line, or the one before it: nothing of the file runs until then.';

/** ts-node's report of what it could not compile. */
interface Diagnostics {
  readonly diagnostics: readonly {
    readonly file?: { readonly fileName: string };
    readonly start?: number;
    readonly code: number;
    readonly messageText: string | { readonly messageText: string };
  }[];
}

/** What went wrong when `file` was loaded, as a finding with the file and line of the package's own code. */
export function fromLoading(thrown: unknown, dir: string, file: string): Finding {
  const own = relative(dir, file);
  if (!(thrown instanceof Error)) {
    return error('launch/throws', `loading it threw ${describe(thrown)}, which is no Error`, { file: own });
  }
  const stack = thrown.stack ?? '';
  const place = placeInPackage(dir, stack) ?? { file: own };
  const at = { file: place.file ?? own, ...(place.line === undefined ? {} : { line: place.line }) };
  if ('diagnostics' in thrown) return fromCompiler(thrown as unknown as Diagnostics, dir, own);
  const { code } = thrown as { code?: string };
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') return notFound(thrown.message, at, stack, dir);
  if (isEsmOnly(thrown, file)) return esmOnly(dir, file);
  if (thrown instanceof SyntaxError) return syntax(thrown, dir, file);
  const unknown = thrown instanceof ReferenceError ? /^([\w$]+) is not defined/.exec(thrown.message)?.[1] : undefined;
  const misnamed = unknown === undefined ? undefined : misnamedInSource(unknown, file, own);
  if (misnamed !== undefined) return misnamed;
  const remedy = 'Code outside of the functions runs when the file is loaded: move what can fail into loadmodel.';
  return error('launch/throws', `loading it threw ${thrown.name}: ${thrown.message}`, { ...at, remedy });
}

function fromCompiler({ diagnostics }: Diagnostics, dir: string, own: string): Finding {
  const [first] = diagnostics;
  const text =
    typeof first?.messageText === 'string' ? first.messageText : (first?.messageText.messageText ?? 'unknown');
  const file = first?.file?.fileName;
  return error('launch/syntax', `syntax error: ${text} (TS${first?.code})`, {
    remedy: SYNTAX_REMEDY,
    file: file === undefined ? own : relative(dir, file),
    ...(file === undefined || first?.start === undefined ? {} : { line: lineAt(file, first.start) }),
  });
}

function lineAt(file: string, position: number): number {
  return readFileSync(file, 'utf8').slice(0, position).split('\n').length;
}

function notFound(message: string, at: { file: string; line?: number }, stack: string, dir: string): Finding {
  const wanted = /Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1] ?? message;
  // ESM resolution errors carry no frame of the importing file, but name it.
  const importer = /imported from (.+)$/m.exec(message)?.[1] ?? /Require stack:\n- (.+)$/m.exec(stack)?.[1];
  const from = importer === undefined ? at : { ...at, file: relative(dir, asPath(importer)) };
  const isFile = /^[./]|^file:/.test(wanted);
  const remedy = isFile
    ? 'Check the path and its spelling; paths are relative to the file that imports.'
    : `Run \`npm install ${wanted}\` in the package (and keep the exact version in its package.json).`;
  const shown = isFile ? relative(dir, asPath(wanted)) || wanted : wanted;
  return error('launch/import', `it imports "${shown}", which is not ${isFile ? 'there' : 'installed'}`, {
    ...from,
    remedy,
  });
}

/** For CommonJS, V8 puts `file:line` on the first line of the stack; for ESM only Node's own check tells. */
function syntax(thrown: SyntaxError, dir: string, file: string): Finding {
  const place = firstLine(thrown.stack ?? '') ?? firstLine(nodeCheck(file));
  const at =
    place === undefined ? { file: relative(dir, file) } : { file: relative(dir, place.path), line: place.line };
  return error('launch/syntax', `syntax error: ${thrown.message}`, { ...at, remedy: SYNTAX_REMEDY });
}

function firstLine(text: string): { path: string; line: number } | undefined {
  const match = /^(.+):(\d+)$/.exec(text.split('\n', 1)[0] ?? '');
  return match === null ? undefined : { path: asPath(match[1] as string), line: Number(match[2]) };
}

function nodeCheck(file: string): string {
  return spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' }).stderr;
}

/** Node takes the compiled text for ESM when it holds what only ESM has, and then misses the `exports` of CommonJS. */
function isEsmOnly({ message }: Error, file: string): boolean {
  return /\.[cm]?ts$/.test(file) && /exports is not defined in ES module scope|import\.meta/.test(message);
}

function esmOnly(dir: string, file: string): Finding {
  const line = lineOf(file, 'import\\.meta') ?? lineOf(file, 'await');
  return error(
    'launch/esm-only',
    'TypeScript of a package is compiled to CommonJS, without import.meta and top-level await',
    {
      file: relative(dir, file),
      ...(line === undefined ? {} : { line }),
      remedy:
        'Use __dirname or paths relative to the package (the working directory), and await inside loadmodel; or write a launch.mjs.',
    },
  );
}
