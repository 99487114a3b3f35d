import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** The name of the manifest at the root of a bundle; the one file it does not list. */
export const MANIFEST = 'manifest.json';
export const FORMAT = 'katonic-classifier/bundle@1';

export interface Manifest {
  readonly format: typeof FORMAT;
  readonly name: string;
  readonly version: string;
  /** What the bundle was built and checked with: `runtime`, `node`, and one line a library inside. */
  readonly versions: Readonly<Record<string, string>>;
  /** SHA-256 in lower-case hexadecimal and length in bytes, by path with `/`, sorted. */
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>;
}

/** Every file under `folder`, relative, with `/`, sorted by code unit (the same on every machine). */
export function listFiles(folder: string, skip: (path: string) => boolean = () => false, under = ''): string[] {
  return readdirSync(join(folder, under))
    .flatMap((name) => {
      const path = posix.join(under, name);
      if (skip(path)) return [];
      return statSync(join(folder, path)).isDirectory() ? listFiles(folder, skip, path) : [path];
    })
    .sort();
}

export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Hashes what lies in `folder` now. */
export async function hashFolder(folder: string, paths: readonly string[]): Promise<Manifest['files']> {
  const files: Record<string, { sha256: string; bytes: number }> = {};
  for (const path of paths) {
    const full = join(folder, path);
    files[path] = { sha256: await hashFile(full), bytes: statSync(full).size };
  }
  return files;
}
