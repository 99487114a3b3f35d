import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KatonicError } from '../errors.js';
import { MANIFEST, type Manifest } from './manifest.js';
import { verifyBundle } from './verify.js';

/**
 * Makes `folder` ready for a bundle. A bundle that is there is replaced: what its manifest lists is removed, the
 * repository around it (`.git`) stays. Anything else in the folder is nobody's to delete: throws KatonicError `usage`.
 */
export async function preparedFolder(folder: string): Promise<void> {
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true });
    return;
  }
  const inside = statSync(folder).isDirectory() ? readdirSync(folder).filter((name) => name !== '.git') : [folder];
  if (inside.length === 0) return;
  const foreign = existsSync(join(folder, MANIFEST))
    ? (await verifyBundle(folder)).filter(({ rule }) => rule !== 'bundle/missing').map(({ file }) => file)
    : inside;
  if (foreign.length > 0) {
    throw new KatonicError({
      code: 'usage',
      message: `${folder} holds files that are not of a bundle, or were changed since: ${foreign.slice(0, 5).join(', ')}`,
      remedy: 'Give an empty folder, or the folder of an earlier, unchanged bundle.',
      where: { file: folder },
    });
  }
  const { files } = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Manifest;
  for (const path of [...Object.keys(files), MANIFEST]) removeWithParents(folder, path);
}

function removeWithParents(folder: string, path: string): void {
  rmSync(join(folder, path), { force: true });
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const full = join(folder, parent);
    if (!existsSync(full)) continue;
    if (readdirSync(full).length > 0) return;
    rmSync(full, { recursive: true });
  }
}
