/**
 * Keeps the pictures of the last predictions, where that was asked for. Comes in: what a request sent, after its answer
 * has left. Goes out: files named after the id that feedback refers to. It never fetches: of a URL the text is kept.
 */
import { constants } from 'node:fs';
import { access, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { fileTypeFromBuffer } from 'file-type';
import { imageLimits } from '../images/limits.js';
import { readBytes } from '../images/source.js';
import type { Logger } from '../launch/contract.js';
import type { Sent } from '../serving/body.js';
import { sizeOf, whole } from '../workers/frames.js';

/** The pictures of one server. */
export interface Pictures {
  /** Returns at once; what cannot be written is told to the log. A request that holds no picture leaves nothing. */
  add(id: string, sent: Sent): void;
  /** Resolves when everything added is written. */
  close(): Promise<void>;
}

export interface PicturesOptions {
  /** Made when missing. */
  readonly folder: string;
  /** At most so many files; the oldest go. */
  readonly most: number;
  readonly logger: Pick<Logger, 'warning'>;
}

/** Pictures come faster than this disk takes them: beyond so many bytes in memory they are left out. */
const MOST_WAITING = 64 * 1024 * 1024;

/** Files of ours, `<id>.<ext>`; what else lies in the folder is not touched. */
const OURS = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-\d+)?\.[a-z0-9]+$/;

/** Only their owner may read them: they are other people's pictures. */
const [PRIVATE_FOLDER, PRIVATE_FILE] = [0o700, 0o600];

/** Opens the folder, and takes the pictures that are there into the count. Throws where it cannot be written. */
export async function openPictures({ folder, most, logger }: PicturesOptions): Promise<Pictures> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
  await access(folder, constants.W_OK);
  const kept = new Set(await byAge(folder));
  let waiting = 0;
  let failing = false;
  let work = makeRoom(folder, kept, most);

  const keep = async (id: string, sent: Sent) => {
    await breathe();
    const picture = await pictureOf(sent);
    if (picture === undefined) return;
    await makeRoom(folder, kept, most - 1);
    const name = `${id}.${picture.extension}`;
    kept.add(name);
    await writeFile(join(folder, name), picture.content, { mode: PRIVATE_FILE });
    failing = false;
  };

  return {
    add(id, sent) {
      const size = sizeOf(sent.body);
      if (waiting + size > MOST_WAITING) return;
      waiting += size;
      work = work
        .then(() => keep(id, sent))
        .catch((error: Error) => {
          // A full disk fails every picture: one line says it.
          if (!failing) logger.warning(`pictures are not kept in ${folder}: ${error.message}`);
          failing = true;
        })
        .finally(() => {
          waiting -= size;
        });
    },
    close: () => work,
  };
}

async function byAge(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => OURS.test(name));
  const dated: { name: string; at: number }[] = [];
  for (const name of names) dated.push({ name, at: (await stat(join(folder, name))).mtimeMs });
  return dated.sort((a, b) => a.at - b.at).map(({ name }) => name);
}

async function makeRoom(folder: string, kept: Set<string>, most: number): Promise<void> {
  for (const name of kept) {
    if (kept.size <= most) return;
    await rm(join(folder, name), { force: true });
    kept.delete(name);
  }
}

async function pictureOf(
  sent: Sent,
): Promise<{ readonly content: string | Uint8Array; readonly extension: string } | undefined> {
  const body = whole(sent.body);
  if (sent.content === 'bytes') return typed(body);
  const { data } = JSON.parse(body.toString('utf8')) as { data?: unknown };
  if (typeof data !== 'string') return undefined;
  const text = data.trim();
  if (/^https?:/i.test(text)) return { content: `${text}\n`, extension: 'url' };
  const limits = imageLimits({ KATONIC_MAX_BODY: String(body.length) });
  // Text that is no picture was `data` of another kind of model.
  const bytes = await readBytes(text, limits).catch(() => undefined);
  return bytes && typed(bytes);
}

async function typed(content: Uint8Array) {
  const type = await fileTypeFromBuffer(content);
  return type?.mime.startsWith('image/') ? { content, extension: type.ext } : undefined;
}
