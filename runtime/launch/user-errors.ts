import { relative, sep } from 'node:path';
import { type ErrorCode, KatonicError, type Problem, type Where } from '../errors.js';
import { asPath } from './resolve.js';

/** A frame of a stack: `at predict (/a/launch.ts:3:5)`, `at async file:///a/launch.mjs:3:5`, `at Object.predict (...)`. */
const FRAME =
  /^\s+at (?:async )?(?:(?:new )?(?:Object\.|Module\.)?(.+?) \()?((?:file:\/\/)?\/?[^():]*(?::[\\/][^():]*)?[^():]+):(\d+):\d+\)?$/;

/** The innermost place of `stack` in the package's own files, with the file relative to the package. */
export function placeInPackage(dir: string, stack: string): Where | undefined {
  for (const frame of stack.split('\n')) {
    const match = FRAME.exec(frame);
    if (match === null) continue;
    const [, name, file, line] = match as unknown as [string, string | undefined, string, string];
    const path = relative(dir, asPath(file));
    if (path.startsWith('..') || path.split(sep).includes('node_modules') || !frame.includes(sep)) continue;
    const called = name?.replace(/ \[as .*\]$/, '');
    return {
      file: path,
      line: Number(line),
      ...(called === undefined || called === '<anonymous>' ? {} : { function: called }),
    };
  }
  return undefined;
}

/** What an own error looks like, also when it was made by another copy of the runtime in the package's node_modules. */
interface OwnError {
  readonly name: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy?: string;
  readonly where?: Where;
  readonly problems?: readonly Problem[];
  readonly stack?: string;
}

function isOwn(thrown: unknown): thrown is OwnError {
  if (thrown instanceof KatonicError) return true;
  const { name, code } = (thrown ?? {}) as { name?: unknown; code?: unknown };
  return thrown instanceof Error && (name === 'InputError' || name === 'KatonicError') && typeof code === 'string';
}

/**
 * Any value that user code threw, as a {@link KatonicError}: the runtime's own errors (`InputError`, those of `readImage`
 * and `openModel`) keep their code, everything else is `user_code`; `where` is the innermost line of the package.
 */
export function fromUser(thrown: unknown, pkg: { dir: string; launchFile: string }, called: string): KatonicError {
  const fallback = { file: relative(pkg.dir, pkg.launchFile), function: called };
  if (isOwn(thrown)) {
    // The author's own line helps more than the file an engine complains about, which its message names.
    const where =
      thrown.where?.field === undefined ? (placeInPackage(pkg.dir, thrown.stack ?? '') ?? fallback) : thrown.where;
    return new KatonicError({
      code: thrown.code,
      message: thrown.message,
      where,
      ...(thrown.problems === undefined ? {} : { problems: thrown.problems }),
      ...(thrown.remedy === undefined ? {} : { remedy: thrown.remedy }),
      ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
    });
  }
  if (thrown instanceof Error || (thrown as Error | null)?.stack !== undefined) {
    const { name, message, stack = '' } = thrown as Error;
    const text = message === '' ? `${called} threw ${name} without a message` : `${name}: ${message}`;
    return new KatonicError({
      code: 'user_code',
      message: text,
      where: placeInPackage(pkg.dir, stack) ?? fallback,
      stack,
    });
  }
  return new KatonicError({
    code: 'user_code',
    message: `${called} threw ${describe(thrown)}, which is no Error`,
    remedy: 'Throw an Error (or InputError, to refuse an input): only those know the line that threw them.',
    where: fallback,
  });
}

/** A value in a few words: `the number 5`, `the text "abc"`, `a list of 3`, `undefined`, `an object of class Tensor`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'bigint') return `the BigInt ${value}`;
  if (typeof value === 'string') {
    return value.length > 40 ? `a text of ${value.length} characters` : `the text ${JSON.stringify(value)}`;
  }
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`;
  if (typeof value === 'symbol') return 'a symbol';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  const named = (value as object).constructor?.name;
  return named === undefined || named === 'Object' ? 'an object' : `an object of class ${named}`;
}
