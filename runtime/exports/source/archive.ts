import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { KatonicError } from '../../errors.js';
import { refuse } from '../refuse.js';

/** What one export may unpack to. Real exports of large classifiers stay far below. */
export const limits = { entries: 5_000, bytes: 4 * 2 ** 30, ratio: 200, ratioFrom: 32 * 2 ** 20 } as const;

export function isZip(bytes: Buffer): boolean {
  return (
    bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04' || bytes.subarray(0, 4).toString('latin1') === 'PK\x05\x06'
  );
}

/**
 * Unpacks a zip into a new temporary folder. Paths that leave it, links, passwords, a zip inside the zip, more entries,
 * bytes or compression than {@link limits} and a wrong checksum are refused, as {@link KatonicError} `package`.
 */
export async function unpack(path: string, shown: string): Promise<{ folder: string; dispose(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'katonic-model-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const zip = await openPromise(path, { lazyEntries: true, strictFileNames: false });
    try {
      await unpackEntries(zip, folder, shown);
    } finally {
      zip.close();
    }
    return { folder, dispose };
  } catch (error) {
    await dispose();
    if (error instanceof KatonicError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw refuse(
      `${shown} cannot be unpacked: ${reason}`,
      'The zip is damaged or unsafe: download it again, or unpack it yourself and give --model the folder.',
      shown,
      error,
    );
  }
}

async function unpackEntries(zip: ZipFile, folder: string, shown: string): Promise<void> {
  if (zip.entryCount > limits.entries) {
    throw unsafe(shown, `it has ${zip.entryCount} entries, at most ${limits.entries} are unpacked`);
  }
  let bytes = 0;
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/') || entry.fileName.startsWith('__MACOSX/')) continue;
    bytes += checkEntry(entry, shown);
    if (bytes > limits.bytes) throw unsafe(shown, `it unpacks to more than ${limits.bytes / 2 ** 30} GB`);
    const target = join(folder, entry.fileName);
    await mkdir(dirname(target), { recursive: true });
    // yauzl fails the stream when an entry unpacks to another size than it states.
    await pipeline(await zip.openReadStreamPromise(entry), checksum(entry, shown), createWriteStream(target));
  }
}

/** The size that the entry unpacks to. */
function checkEntry(entry: Entry, shown: string): number {
  const { fileName, compressedSize, uncompressedSize } = entry;
  const mode = entry.externalFileAttributes >>> 16;
  if ((mode & 0o170000) === 0o120000) throw unsafe(shown, `${fileName} in it is a symbolic link`);
  if (entry.isEncrypted()) {
    throw refuse(`${fileName} in ${shown} has a password`, 'Unpack it and give --model the folder.', shown);
  }
  if (/\.zip$/i.test(fileName)) {
    throw refuse(
      `${shown} holds another zip: ${fileName}`,
      `Unpack ${shown}, and give --model the zip or folder that holds the model.`,
      shown,
    );
  }
  if (uncompressedSize > limits.ratioFrom && uncompressedSize > compressedSize * limits.ratio) {
    throw unsafe(shown, `${fileName} unpacks to more than ${limits.ratio} times its size`);
  }
  return uncompressedSize;
}

function checksum(entry: Entry, shown: string): Transform {
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      const right = sum === entry.crc32;
      done(
        right
          ? null
          : refuse(
              `${entry.fileName} in ${shown} has a wrong checksum`,
              'The zip is damaged: download it again.',
              shown,
            ),
      );
    },
  });
}

function unsafe(shown: string, reason: string): KatonicError {
  return refuse(
    `${shown} is not unpacked: ${reason}`,
    'Unpack it yourself where you trust it, and give --model the folder.',
    shown,
  );
}
