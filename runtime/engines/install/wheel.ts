import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, open, type ZipFile } from 'yauzl';
import { KatonicError } from '../../errors.js';

/** What is taken of the wheel, and where it goes below `deps/`. Everything else, Python's part, stays in it. */
const PARTS: readonly (readonly [from: string, to: string])[] = [
  ['tensorflow/libtensorflow_cc.so.2', 'lib/libtensorflow_cc.so.2'],
  ['tensorflow/libtensorflow_framework.so.2', 'lib/libtensorflow_framework.so.2'],
  ['tensorflow/include/tensorflow/', 'include/tensorflow/'],
  ['tensorflow/include/tsl/', 'include/tsl/'],
];

/** Unpacks libtensorflow and its headers from a tensorflow-cpu wheel. */
export async function unpackWheel(wheel: string, deps: string): Promise<void> {
  const zip = await opened(wheel);
  let libraries = 0;
  await new Promise<void>((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => resolve());
    zip.on('entry', (entry: Entry) => {
      const target = targetOf(entry.fileName);
      if (target === undefined) return zip.readEntry();
      if (target.startsWith('lib/')) libraries++;
      write(zip, entry, join(deps, target)).then(() => zip.readEntry(), reject);
    });
    zip.readEntry();
  });
  if (libraries !== 2) {
    throw new KatonicError({
      code: 'engine',
      message: `${wheel} holds no libtensorflow_cc.so.2 and libtensorflow_framework.so.2.`,
      remedy: 'Use the tensorflow-cpu 2.15.1 wheel for manylinux2014_x86_64.',
    });
  }
}

function opened(wheel: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    open(wheel, { lazyEntries: true }, (error, zip) => {
      if (error === null) return resolve(zip);
      const message = `${wheel} is no wheel that can be read: ${error.message}.`;
      reject(new KatonicError({ code: 'engine', message, remedy: 'Download it again.' }, { cause: error }));
    });
  });
}

function targetOf(name: string): string | undefined {
  if (name.endsWith('/')) return undefined;
  const part = PARTS.find(([from]) => name === from || (from.endsWith('/') && name.startsWith(from)));
  return part === undefined ? undefined : part[1] + name.slice(part[0].length);
}

async function write(zip: ZipFile, entry: Entry, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const from = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error === null ? resolve(stream) : reject(error)));
  });
  await pipeline(from, createWriteStream(to));
}
