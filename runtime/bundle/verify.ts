import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type Entry, type Options, open as openCallback, type ZipFile } from 'yauzl';
import { type Finding, KatonicError } from '../errors.js';
import { FORMAT, hashFolder, listFiles, MANIFEST, type Manifest } from './manifest.js';

const open = promisify<string, Options, ZipFile>(openCallback);

/**
 * Compares a bundle (a zip or a folder) with its own manifest: each file that is missing, extra or changed is an
 * error. Throws {@link KatonicError} `package` when it is no bundle at all.
 */
export async function verifyBundle(path: string): Promise<Finding[]> {
  if (!existsSync(path)) throw noBundle(path, 'nothing is there');
  const { manifest, files } = statSync(path).isDirectory() ? await readFolder(path) : await readZip(path);
  const paths = [...new Set([...Object.keys(manifest.files), ...Object.keys(files)])].sort();
  return paths.flatMap((file) => compare(file, manifest.files[file], files[file]) ?? []);
}

function compare(file: string, expected?: { sha256: string }, found?: { sha256: string }): Finding | undefined {
  if (expected?.sha256 === found?.sha256) return undefined;
  const [rule, message] =
    expected === undefined
      ? ['bundle/extra', `${file} is in the bundle but not in its manifest`]
      : found === undefined
        ? ['bundle/missing', `${file} is in the manifest but not in the bundle`]
        : ['bundle/changed', `${file} was changed: SHA-256 ${expected.sha256} was expected, ${found.sha256} came`];
  return { severity: 'error', rule, message, remedy: 'build the bundle again: katonic-classifier package', file };
}

async function readFolder(path: string): Promise<{ manifest: Manifest; files: Manifest['files'] }> {
  const file = join(path, MANIFEST);
  if (!existsSync(file)) throw noBundle(path, `it has no ${MANIFEST}`);
  const paths = listFiles(path, (name) => name === '.git' || name === MANIFEST || name.endsWith('__pycache__'));
  return { manifest: parse(path, readFileSync(file, 'utf8')), files: await hashFolder(path, paths) };
}

async function readZip(path: string): Promise<{ manifest: Manifest; files: Manifest['files'] }> {
  const zip = await open(path, { lazyEntries: true, autoClose: false }).catch((error: Error) => {
    throw noBundle(path, error.message);
  });
  const files: Record<string, { sha256: string; bytes: number }> = {};
  let manifest: Manifest | undefined;
  try {
    for await (const entry of entries(zip)) {
      if (entry.fileName.endsWith('/')) continue;
      const stream = await promisify(zip.openReadStream.bind(zip))(entry);
      if (entry.fileName === MANIFEST) {
        manifest = parse(path, await text(stream));
        continue;
      }
      const hash = createHash('sha256');
      await pipeline(stream, hash);
      files[entry.fileName] = { sha256: hash.digest('hex'), bytes: entry.uncompressedSize };
    }
  } catch (error) {
    if (error instanceof KatonicError) throw error;
    throw noBundle(path, (error as Error).message);
  } finally {
    zip.close();
  }
  if (manifest === undefined) throw noBundle(path, `it has no ${MANIFEST}`);
  return { manifest, files };
}

async function* entries(zip: ZipFile): AsyncGenerator<Entry> {
  const ended = once(zip, 'end').then(() => undefined);
  for (;;) {
    const next = once(zip, 'entry').then(([entry]) => entry as Entry);
    zip.readEntry();
    const entry = await Promise.race([next, ended]);
    if (entry === undefined) return;
    yield entry;
  }
}

function parse(path: string, json: string): Manifest {
  try {
    const manifest = JSON.parse(json) as Manifest;
    if (manifest.format === FORMAT) return manifest;
  } catch (error) {
    throw noBundle(path, `its ${MANIFEST} is not JSON: ${(error as Error).message}`);
  }
  throw noBundle(path, `its ${MANIFEST} does not say "format": "${FORMAT}"`);
}

function noBundle(path: string, why: string): KatonicError {
  return new KatonicError({
    code: 'package',
    message: `${path} is no bundle: ${why}`,
    remedy: 'give the zip or the folder that `katonic-classifier package` wrote',
    where: { file: path },
  });
}
