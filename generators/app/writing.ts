import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan, PlannedFile } from './plan.js';
import { refusal } from './refusal.js';

/** What this needs of yeoman's in-memory file system; conflicts are asked when it is committed to the disk. */
export interface Editor {
  write(path: string, contents: string): unknown;
  copy(from: string, to: string): unknown;
}

/** Puts the files of a plan into `folder`. */
export function write(plan: Plan, folder: string, editor: Editor): void {
  for (const file of plan.files) {
    const target = join(folder, file.path);
    if (file.content !== undefined) editor.write(target, file.content);
    else if (file.copyFrom !== undefined) editor.copy(file.copyFrom, target);
  }
}

/** Files of a plan that are there already. */
export function existing(plan: Plan, folder: string): PlannedFile[] {
  return plan.files.filter(({ path }) => existsSync(join(folder, path)));
}

/** Files of a plan that are there with another content. */
export async function conflicting(plan: Plan, folder: string): Promise<PlannedFile[]> {
  const found = existing(plan, folder);
  const same = await Promise.all(
    found.map(async (file) => (await contentOf(file)).equals(await readFile(join(folder, file.path)))),
  );
  return found.filter((_, index) => same[index] === false);
}

/** Throws a refusal that lists the conflicts: for runs with nobody to ask. */
export async function refuseConflicts(plan: Plan, folder: string): Promise<void> {
  const paths = (await conflicting(plan, folder)).map(({ path }) => path);
  if (paths.length === 0) return;
  const some = paths.slice(0, 5).join(', ') + (paths.length > 5 ? ` and ${paths.length - 5} more` : '');
  throw refusal(
    `there is no terminal to ask about files that are there with another content: ${some}`,
    'Give --force to overwrite them, or --skip-existing to keep them.',
  );
}

async function contentOf({ content, copyFrom }: PlannedFile): Promise<Buffer> {
  if (content !== undefined) return Buffer.from(content);
  return await readFile(copyFrom as string);
}
