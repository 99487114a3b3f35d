import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KatonicError } from '../errors.js';
import { MANIFEST, type Manifest } from './manifest.js';
import { verifyBundle } from './verify.js';

/**
 * Throws KatonicError `usage` where `folder` holds anything but an earlier, unchanged bundle and the repository around it
 * (`.git`): that is nobody's to delete. Asked before the work of a bundle begins.
 */
export async function refuseForeign(folder: string): Promise<void> {
  const inside = contentOf(folder);
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
}

/** Makes `folder` ready for a bundle: what the manifest of an earlier one lists is removed. Throws as {@link refuseForeign}. */
export async function preparedFolder(folder: string): Promise<void> {
  await refuseForeign(folder);
  mkdirSync(folder, { recursive: true });
  if (contentOf(folder).length === 0) return;
  const { files } = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Manifest;
  for (const path of [...Object.keys(files), MANIFEST]) removeWithParents(folder, path);
}

function contentOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return statSync(folder).isDirectory() ? readdirSync(folder).filter((name) => name !== '.git') : [folder];
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
