import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Finding } from '../errors.js';
import { error } from './findings.js';
import { asPath } from './resolve.js';
import { describe, placeInPackage } from './user-errors.js';

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
  if (thrown instanceof SyntaxError) return syntax(thrown, dir, own);
  const remedy = 'Code outside of the functions runs when the file is loaded: move what can fail into loadmodel.';
  return error('launch/throws', `loading it threw ${thrown.name}: ${thrown.message}`, { ...at, remedy });
}

function fromCompiler({ diagnostics }: Diagnostics, dir: string, own: string): Finding {
  const [first] = diagnostics;
  const text =
    typeof first?.messageText === 'string' ? first.messageText : (first?.messageText.messageText ?? 'unknown');
  const file = first?.file?.fileName;
  return error('launch/syntax', `syntax error: ${text} (TS${first?.code})`, {
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

/** V8 puts `file:line` on the first line of the stack of a SyntaxError. */
function syntax(thrown: SyntaxError, dir: string, own: string): Finding {
  const match = /^(.+):(\d+)$/m.exec((thrown.stack ?? '').split('\n', 1)[0] ?? '');
  const at =
    match === null ? { file: own } : { file: relative(dir, asPath(match[1] as string)), line: Number(match[2]) };
  const meta = thrown.message.includes('import.meta');
  const typescript = /\.[cm]?ts$/.test(at.file);
  if (meta && typescript) {
    return error('launch/syntax', 'import.meta came, and TypeScript of a package is compiled to CommonJS', {
      ...at,
      remedy: 'Use __dirname, or paths relative to the package, which is the working directory.',
    });
  }
  return error('launch/syntax', `syntax error: ${thrown.message}`, at);
}
