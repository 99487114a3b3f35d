import { createHash } from 'node:crypto';
import { createReadStream, existsSync, realpathSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
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

/** SHA-256 of files by their path in the scaffold: kept in .yo-rc.json for the next run. */
export type Digests = Readonly<Record<string, string>>;

/** Of the files that answers depend on: the model's, and launch.ts. */
export async function digestsOf(plan: Plan): Promise<Digests> {
  const files = plan.files.filter(({ path, fragment }) => fragment === 'model' || path === LAUNCH);
  const entries = files.map(async (file) => [file.path, await plannedDigest(file)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Paths of a plan whose files lie in their place already: a model that its owner put there is never ours to remove. */
export function inPlace(plan: Plan, folder: string): string[] {
  const own = plan.files.filter(({ path, copyFrom }) => copyFrom !== undefined && isSame(copyFrom, join(folder, path)));
  return own.map(({ path }) => path);
}

/**
 * Removes what the run before wrote of another model, so that it is not shipped along with this one: once this model
 * and the launch.ts that opens it are there as planned, and only files that nobody changed since.
 *
 * @returns the paths that are gone, and the ones that stay.
 */
export async function removeStale(
  before: Digests,
  now: Digests,
  folder: string,
): Promise<{ removed: string[]; kept: string[] }> {
  const stale = Object.keys(before).filter((path) => /^model\//.test(path) && !path.includes('..') && !(path in now));
  const there = stale.filter((path) => existsSync(join(folder, path)));
  if (there.length === 0 || !(await allAre(now, folder))) return { removed: [], kept: there };
  const removed: string[] = [];
  for (const path of there) {
    const file = join(folder, path);
    if ((await digestOf(file)) !== before[path]) continue;
    await rm(file);
    removed.push(path);
  }
  return { removed, kept: there.filter((path) => !removed.includes(path)) };
}

const LAUNCH = 'launch.ts';

function isSame(from: string, to: string): boolean {
  return existsSync(to) && realpathSync(from) === realpathSync(to);
}

async function allAre(digests: Digests, folder: string): Promise<boolean> {
  for (const [path, digest] of Object.entries(digests)) {
    const file = join(folder, path);
    if (!existsSync(file) || (await digestOf(file)) !== digest) return false;
  }
  return true;
}

async function plannedDigest({ content, copyFrom }: PlannedFile): Promise<string> {
  return content === undefined ? digestOf(copyFrom as string) : createHash('sha256').update(content).digest('hex');
}

/** Read piece by piece: a model may be larger than a buffer can be. */
async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function contentOf({ content, copyFrom }: PlannedFile): Promise<Buffer> {
  if (content !== undefined) return Buffer.from(content);
  return await readFile(copyFrom as string);
}
