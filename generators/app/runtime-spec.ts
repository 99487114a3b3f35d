import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.js';
import type { Provisions } from './plan.js';
import { refusal } from './refusal.js';

const NAME = 'generator-katonic-classifier';

/** Runs npm with these arguments. */
export type RunNpm = (args: readonly string[]) => Promise<unknown>;

/**
 * How a scaffold depends on this package. An exact version where npm itself wrote down that this copy came from a registry;
 * else a tarball of this very copy, which goes along with the scaffold: a linked checkout, an installed tarball and a copy of
 * unknown origin all work without a network.
 */
export async function runtimeSpec(npm: RunNpm, say: (line: string) => void): Promise<Provisions['runtime']> {
  const { version } = ownManifest();
  if (fromRegistry(packageRoot, version)) return { spec: version };
  packed ??= pack(npm, () => say(`Packing ${NAME} ${version} into vendor/, since this copy is not from a registry...`));
  const copyFrom = await packed;
  // A changed copy gets another name: npm refuses another content under a name that a lockfile knows.
  const digest = createHash('sha256')
    .update(await readFile(copyFrom))
    .digest('hex')
    .slice(0, 8);
  const path = `vendor/${NAME}-${version}-${digest}.tgz`;
  return { spec: `file:${path}`, tarball: { path, copyFrom } };
}

/** The tarball of this process: there until it ends. */
let packed: Promise<string> | undefined;

async function pack(npm: RunNpm, announce: () => void): Promise<string> {
  if (!existsSync(join(packageRoot, 'dist', 'runtime', 'public.js'))) {
    throw refusal(`${packageRoot} is not built`, 'Run `npm run build` there first.');
  }
  announce();
  const folder = await mkdtemp(join(tmpdir(), 'katonic-classifier-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Its prepare script would build again, and an installed copy has nothing to build from.
  await npm(['pack', packageRoot, '--ignore-scripts', '--silent', '--pack-destination', folder]);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw refusal(`npm pack of ${packageRoot} wrote nothing`);
  return join(folder, tarball);
}

/** This package's own package.json. */
export function ownManifest(): { version: string; description: string; allowScripts: Record<string, boolean> } {
  return JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
}

/** npm's own lockfile of the folder that `root` is installed in tells where each package came from. */
export function fromRegistry(root: string, version: string, name = NAME): boolean {
  try {
    const lock = JSON.parse(readFileSync(join(root, '..', '.package-lock.json'), 'utf8'));
    const entry = lock.packages[`node_modules/${name}`];
    if (entry.version !== version || entry.integrity === undefined) return false;
    // npm leaves out where a package of a registry is from when it is told to; of all others it always says it.
    return entry.resolved === undefined || /^https?:.*\/-\/[^/]+\.tgz$/.test(entry.resolved);
  } catch {
    // No such file (a checkout, a global install) or another manager's: then nothing is known.
    return false;
  }
}
