import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** DOS times have no zone: this is read back as the same date wherever the zip is built. */
const EPOCH = new Date(1980, 0, 1, 0, 0, 0);

/**
 * Zips `paths` of `folder`, in the order given. Times, modes and the compression level are fixed, so the same files
 * give the same bytes (with the same Node: its zlib may change between versions).
 */
export async function writeZip(folder: string, paths: readonly string[], out: string): Promise<void> {
  const zip = new ZipFile();
  for (const path of paths) {
    zip.addFile(join(folder, path), path, {
      mtime: EPOCH,
      mode: 0o100644,
      compressionLevel: 9,
      forceDosTimestamp: true,
    });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(out));
}
