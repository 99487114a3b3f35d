import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { refusal } from './refusal.js';

const GENERATOR = 'generator-katonic-classifier';

/** What may lie in a folder that still counts as empty. */
const HARMLESS = new Set(['.git', '.DS_Store', 'Thumbs.db', '.idea', '.vscode', 'LICENSE']);

/** Whether this generator has written there before: then it is run again, over its own files. */
export function isOurs(folder: string): boolean {
  try {
    const stored = JSON.parse(readFileSync(join(folder, '.yo-rc.json'), 'utf8')) as Record<string, unknown>;
    return GENERATOR in stored;
  } catch {
    return false;
  }
}

/** What is in the way of a new package; empty for a folder that is new, empty or ours. */
export function inTheWay(folder: string): string[] {
  if (!existsSync(folder) || isOurs(folder)) return [];
  return readdirSync(folder).filter((name) => !HARMLESS.has(name));
}

/**
 * The absolute path of the folder to write to, taken from `cwd`. Throws a refusal for a file, and for a folder with other things
 * in it unless `occupied` is allowed (`--force`, `--skip-existing`).
 */
export function parseFolder(text: string, cwd: string, occupied: boolean): string {
  if (text.trim() === '') throw refusal('expected a folder', 'A point means the current one.');
  const folder = resolve(cwd, text.trim());
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw refusal(`${text} is a file`, 'Give a folder.');
  const others = occupied ? [] : inTheWay(folder);
  if (others.length > 0) {
    const some = others.slice(0, 3).join(', ') + (others.length > 3 ? `, and ${others.length - 3} more` : '');
    throw refusal(
      `the folder ${text} is not empty (${some})`,
      'Give a new one; or write into it with --skip-existing (keeps what is there) or --force (overwrites).',
    );
  }
  return folder;
}

/** `.` where nothing is in the way, else a new folder beside what is there. */
export function defaultFolder(cwd: string): string {
  if (inTheWay(cwd).length === 0) return '.';
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'image-classifier' : `image-classifier-${number}`;
    if (inTheWay(join(cwd, name)).length === 0) return name;
  }
}

/** A package name out of a folder's name. */
export function nameFrom(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name || 'image-classifier';
}
