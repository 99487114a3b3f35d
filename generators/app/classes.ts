import { readFileSync } from 'node:fs';
import { refusal } from './refusal.js';

/** One class: what people call it, and the integer the platform knows it by. */
export interface Class {
  readonly name: string;
  readonly code: number;
}

export type ClassType = 'binary' | 'multi-class';

/** Throws unless `text` is one of the two types. */
export function parseType(text: string): ClassType {
  if (text === 'binary' || text === 'multi-class') return text;
  throw refusal(`expected binary or multi-class; got "${text}"`);
}

/** The type that a number of classes gives. */
export function typeOf(count: number): ClassType {
  return count === 2 ? 'binary' : 'multi-class';
}

/** How many classes there must be, and whose demand that is. */
export interface Wanted {
  readonly exactly?: { readonly count: number; readonly why: string };
  readonly atMost?: { readonly count: number; readonly why: string };
}

/**
 * Names from `cat, dog`, from a JSON list, or from `@FILE` with one name a line.
 * Throws a refusal for one class, an empty or repeated name, or a number that `wanted` does not allow.
 */
export function parseClasses(text: string, type: ClassType | undefined, wanted: Wanted = {}): string[] {
  const names = namesIn(text.trim()).map((name) => name.trim());
  const empty = names.indexOf('');
  if (names.length > 1 && empty >= 0) throw refusal(`class ${empty + 1} of ${names.length} has no name`);
  if (names.length < 2) throw refusal('a classifier needs at least two classes', 'Separate them with commas: cat, dog');
  const control = names.find((name) => /\p{Cc}/u.test(name));
  if (control !== undefined) throw refusal(`the class name ${JSON.stringify(control)} holds a control character`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refusal(`the class "${twice}" stands twice`);
  if (type === 'binary' && names.length !== 2)
    throw refusal(`a binary classifier has two classes; got ${names.length}`);
  if (type === 'multi-class' && names.length === 2) {
    throw refusal('a multi-class classifier has more than two classes; got 2', 'Two classes are a binary classifier.');
  }
  const { exactly, atMost } = wanted;
  if (exactly !== undefined && names.length !== exactly.count) {
    throw refusal(`${exactly.why}: ${exactly.count} classes are needed; got ${names.length}`);
  }
  if (atMost !== undefined && names.length > atMost.count) {
    throw refusal(
      `${atMost.why}: at most ${atMost.count} classes; got ${names.length}`,
      'Bring a model of your own with --model PATH.',
    );
  }
  return names;
}

/** The text that {@link parseClasses} reads back. */
export function classesText(names: readonly string[]): string {
  const plain = names.every((name) => !/[,"[\]@]/.test(name));
  return plain ? names.join(', ') : JSON.stringify(names);
}

/**
 * Codes from `0` or `1` (counted from there) or from a list. Throws a refusal for anything that is no integer, for
 * a repeated code, and for another number of codes than of classes.
 */
export function parseCodes(text: string, names: readonly string[]): Class[] {
  const parts = text.split(',').map((part) => part.trim());
  const wrong = parts.find((part) => !/^-?\d{1,15}$/.test(part));
  if (wrong !== undefined) throw refusal(`expected 0, 1, or a list of integers such as 10,20,30; got "${wrong}"`);
  const numbers = parts.map(Number);
  const first = numbers[0] as number;
  const codes = numbers.length === 1 ? names.map((_, index) => first + index) : numbers;
  if (numbers.length === 1 && first !== 0 && first !== 1) {
    throw refusal(`codes count from 0 or from 1; got ${first}`, 'For other codes give one for each class: 10,20,30');
  }
  if (codes.length !== names.length)
    throw refusal(`${names.length} classes need ${names.length} codes; got ${codes.length}`);
  const twice = codes.findIndex((code, index) => codes.indexOf(code) !== index);
  if (twice >= 0) {
    const code = codes[twice] as number;
    throw refusal(
      `the code ${code} stands for "${names[codes.indexOf(code)]}" and for "${names[twice]}"`,
      'Give each class a code of its own.',
    );
  }
  return names.map((name, index) => ({ name, code: codes[index] as number }));
}

/**
 * Names as a model has them, made different where they repeat: ImageNet has two classes called "crane". `renamed` tells which.
 */
export function distinct(names: readonly string[]): { names: string[]; renamed: string[] } {
  const renamed: string[] = [];
  const taken = new Set<string>();
  const result = names.map((name, index) => {
    const clean = name.replace(/\p{Cc}+/gu, ' ').trim() || `class ${index}`;
    let free = clean;
    for (let number = 2; taken.has(free); number++) free = `${clean} (${number})`;
    taken.add(free);
    if (free !== name) renamed.push(`"${name}" is called "${free}"`);
    return free;
  });
  return { names: result, renamed };
}

function namesIn(text: string): string[] {
  if (text.startsWith('@')) return linesOf(text.slice(1));
  if (!text.startsWith('[')) return text.split(',');
  return listOf(text, 'expected a JSON list of names, such as ["cat","dog"]');
}

function linesOf(path: string): string[] {
  let content: string;
  try {
    content = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (thrown) {
    throw refusal(`cannot read the class names from ${path}: ${(thrown as Error).message}`);
  }
  if (content.trimStart().startsWith('[')) return listOf(content, `expected ${path} to hold a JSON list of names`);
  return content.split(/\r?\n/).filter((line) => line.trim() !== '');
}

function listOf(text: string, expected: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw refusal(`${expected}: ${(thrown as Error).message}`);
  }
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string')) throw refusal(expected);
  return value as string[];
}
