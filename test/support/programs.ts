import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { foundOrSkip } from './skip.js';

/** Whether all of these are on the PATH; else one line names the first that is not, and what is skipped without it. */
export function programsOrSkip(names: readonly string[], what: string): boolean {
  const missing = names.find((name) => !onPath(name));
  return foundOrSkip(missing === undefined ? true : undefined, missing ?? '', what) === true;
}

function onPath(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
}
