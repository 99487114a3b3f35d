import { type Finding, KatonicError, toProblem } from '../errors.js';
import { placeOf } from '../launch/findings.js';

/** 1: what was asked for failed. 2: it could not even begin (a wrong flag, a setting). */
export function exitCodeOf(thrown: unknown): 1 | 2 {
  return thrown instanceof KatonicError && thrown.code === 'usage' ? 2 : 1;
}

/** The terminal form of any thrown value: what, where, what to do; a stack only where the fault is not explained. */
export function toTerminal(thrown: unknown): string {
  const { message, where, remedy, stack } = toProblem(thrown);
  const place =
    where?.file === undefined
      ? undefined
      : placeOf({ ...finding, file: where.file, ...(where.line === undefined ? {} : { line: where.line }) });
  const inside = where?.function === undefined ? '' : ` (in ${where.function})`;
  // Messages made of findings begin each line with its own place.
  const located =
    place === undefined || message.startsWith(where?.file ?? '') ? message : `${place}${inside}: ${message}`;
  const explained = thrown instanceof KatonicError && thrown.code !== 'internal';
  const shownStack = explained ? '' : `\n${stack ?? ''}`;
  return `${indent('error: ', located)}${remedy === undefined ? '' : `\n${indent('  fix: ', remedy)}`}${shownStack}`;
}

const finding: Finding = { severity: 'error', rule: '', message: '' };

/** One finding, as `check` and `package` print it. */
export function findingText(found: Finding): string {
  const place = placeOf(found);
  const line = `${place === '' ? '' : `${place}: `}${found.message}  [${found.rule}]`;
  return `${indent(`${found.severity}: `, line)}${found.remedy === undefined ? '' : `\n${indent('  fix: ', found.remedy)}`}`;
}

function indent(label: string, text: string): string {
  return label + text.split('\n').join(`\n${' '.repeat(label.length)}`);
}
