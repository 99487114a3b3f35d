import { readFileSync } from 'node:fs';

const DECLARED = (name: string) => `(?:function\\*?|class|const|let|var)\\s+${name}\\b`;

/**
 * The line (from 1) on which a name is declared or exported, else the first that holds it. By pattern: a parser would
 * cost more time than the rest of loading, and uploads carry none.
 */
export function lineOf(sourceFile: string, name: string): number | undefined {
  const lines = readFileSync(sourceFile, 'utf8').split('\n');
  const patterns = [`${DECLARED(name)}|\\bexports\\.${name}\\s*=|\\bas\\s+${name}\\b`, `\\b${name}\\b`];
  for (const pattern of patterns) {
    const index = lines.findIndex((line) => new RegExp(pattern).test(line));
    if (index >= 0) return index + 1;
  }
  return undefined;
}

/** The functions, classes and variables that are declared at the top level. */
export function declaredNames(sourceFile: string): string[] {
  const declared = /^(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:function\*?|class|const|let|var)\s+([\w$]+)/gm;
  return [...readFileSync(sourceFile, 'utf8').matchAll(declared)].map((match) => match[1] as string);
}

/** Whether a name is declared at the top level: what stands in a function is indented. */
export function isDeclared(sourceFile: string, name: string): boolean {
  return new RegExp(`^(?:async\\s+)?${DECLARED(name)}`, 'm').test(readFileSync(sourceFile, 'utf8'));
}
