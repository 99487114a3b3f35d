import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package, the same from the sources and from `dist/`. */
export const packageRoot: string = findUp(dirname(fileURLToPath(import.meta.url)));

/** The path of a compiled file. A child process runs plain Node, so it starts from `dist/` even when tests run the sources. */
export function compiled(file: string): string {
  return join(packageRoot, 'dist', file);
}

function findUp(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('generator-katonic-classifier: no package.json above its own files');
  return findUp(parent);
}
