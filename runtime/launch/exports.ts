import { basename } from 'node:path';
import type { Finding } from '../errors.js';
import { error, warning } from './findings.js';
import { declaredNames, isDeclared, lineOf } from './source-lines.js';
import { describe } from './user-errors.js';

const FUNCTIONS = ['loadmodel', 'preprocessing', 'predict'] as const;
const MISNAMED = 'launch/misnamed-function';
const KNOWN = new Set<string>([...FUNCTIONS, 'predictBatch', 'batchSize', 'default', 'module.exports', '__esModule']);

/** What is missing, misnamed or of the wrong kind among the exports of the launch file. */
export function checkExports(exports: Readonly<Record<string, unknown>>, launchFile: string): Finding[] {
  const file = basename(launchFile);
  const others = Object.keys(exports).filter((name) => !KNOWN.has(name));
  const at = (name: string) => {
    const line = lineOf(launchFile, name);
    return { file, ...(line === undefined ? {} : { line }) };
  };
  const findings: Finding[] = [];
  for (const name of FUNCTIONS) {
    const value = exports[name];
    if (typeof value === 'function') continue;
    if (value !== undefined) {
      const remedy = `Export it as \`export async function ${name}(...)\`.`;
      findings.push(
        error('launch/wrong-kind', `expected ${name} to be a function; ${describe(value)} came`, {
          ...at(name),
          remedy,
        }),
      );
      continue;
    }
    const finding = missing(name, others, launchFile, at);
    if (name !== 'preprocessing' || finding.rule !== 'launch/missing-function') findings.push(finding);
    else findings.push(asWarning(finding));
  }
  if (exports.predictBatch !== undefined && typeof exports.predictBatch !== 'function') {
    const message = `expected predictBatch to be a function; ${describe(exports.predictBatch)} came`;
    findings.push(error('launch/wrong-kind', message, at('predictBatch')));
  }
  const size = exports.batchSize;
  if (size !== undefined && !(Number.isSafeInteger(size) && (size as number) > 0)) {
    findings.push(
      error(
        'launch/wrong-kind',
        `expected batchSize to be a whole number above 0; ${describe(size)} came`,
        at('batchSize'),
      ),
    );
  }
  return findings;
}

function missing(
  name: string,
  others: readonly string[],
  launchFile: string,
  at: (name: string) => { file: string; line?: number },
): Finding {
  const alike = nearest(others, name);
  if (alike !== undefined) return misnamed(name, alike, at(alike));
  if (isDeclared(launchFile, name)) {
    return error('launch/not-exported', `${name} is declared, and not exported`, {
      ...at(name),
      remedy: `Write \`export\` before it.`,
    });
  }
  const found = others.length === 0 ? 'no other function is exported' : `exported are ${others.join(', ')}`;
  return error('launch/missing-function', `expected an exported function ${name}; ${found}`, {
    file: basename(launchFile),
    line: 1,
    remedy: `Add \`export async function ${name}(${PARAMETERS[name] ?? ''}) { ... }\`.`,
  });
}

/**
 * For a launch file that could not be loaded since it uses `name` and does not have it: the function that was meant for it,
 * where `name` is one of the contract and the file declares one of nearly that name.
 */
export function misnamedInSource(name: string, launchFile: string, file: string): Finding | undefined {
  if (!KNOWN.has(name)) return undefined;
  const others = declaredNames(launchFile).filter((other) => !KNOWN.has(other));
  const alike = nearest(others, name);
  if (alike === undefined) return undefined;
  const line = lineOf(launchFile, alike);
  return misnamed(name, alike, { file, ...(line === undefined ? {} : { line }) });
}

/**
 * Whether the compiler complains of nothing but what `finding` says already: that a name of the contract is not there. Its own
 * advice is the wrong way round, to call the contract's name by the misspelt one.
 */
export function followsFromMisnamed(type: Finding, findings: readonly Finding[]): boolean {
  return findings.some(({ rule, file, message }) => {
    const wanted = /^expected a function (\w+);/.exec(message)?.[1];
    return rule === MISNAMED && file === type.file && wanted !== undefined && type.message.includes(`'${wanted}'`);
  });
}

function misnamed(name: string, alike: string, at: { file: string; line?: number }): Finding {
  return error(MISNAMED, `expected a function ${name}; found ${alike}`, {
    ...at,
    remedy: `Did you mean ${name}? Rename ${alike}: the platform knows only the exact name.`,
  });
}

const PARAMETERS: Readonly<Record<string, string>> = {
  loadmodel: 'logger',
  preprocessing: 'data, logger',
  predict: 'features, model, logger',
};

function asWarning(finding: Finding): Finding {
  return warning(finding.rule, 'preprocessing is not exported; predict gets the raw data, as if it returned false', {
    ...(finding.file === undefined ? {} : { file: finding.file }),
    remedy: 'Add `export function preprocessing() { return false; }`: the platform expects the function to be there.',
  });
}

/** Same letters but for case and `_`, at most two edits away, or the one begins with the other. */
export function isNearMiss(name: string, wanted: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[_$]/g, '');
  if (plain.length < 4) return false;
  return distance(plain, wanted) <= 2 || plain.startsWith(wanted) || wanted.startsWith(plain);
}

/** The near miss that is the nearest. */
function nearest(names: readonly string[], wanted: string): string | undefined {
  const far = (name: string) => distance(name.toLowerCase(), wanted);
  return names.filter((name) => isNearMiss(name, wanted)).sort((a, b) => far(a) - far(b))[0];
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
