import { createHash, type Hash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ConversionReport } from './convert.js';
import type { ModelFiles } from './read/model.js';
import type { SelfCheck } from './self-check.js';
import { CONVERTER_VERSION } from './version.js';

/** Ending of files that are not whole yet. */
export const UNFINISHED = '.tmp';

/** What became of one conversion; kept beside the converted file, and instead of one where there is none. */
export interface Verdict {
  /** Of the model, the converter and ONNX Runtime: see {@link conversionKey}. */
  readonly key: string;
  readonly onnxruntime: string;
  readonly ok: boolean;
  /** Why the model is served by TensorFlow.js, when `ok` is false. */
  readonly reason?: string;
  /** SHA-256 of the converted file, when `ok`. */
  readonly sha256?: string;
  readonly check?: SelfCheck;
  readonly report?: ConversionReport;
}

export interface Place {
  readonly onnx: string;
  readonly verdict: string;
}

/** A verdict that holds, and where its converted file lies. */
export interface Found {
  readonly verdict: Verdict;
  readonly onnx: string;
}

/** The same bytes, converter and runtime give the same key; anything else is checked anew. */
export function conversionKey({ json, shards }: ModelFiles, onnxruntime: string): string {
  const hash = createHash('sha256').update(`converter ${CONVERTER_VERSION}, onnxruntime ${onnxruntime}\n`);
  add(hash, json);
  for (const shard of shards) add(hash, shard);
  return hash.digest('hex');
}

/** With its length before it, so that no bytes can move from one file to the next unnoticed. */
function add(hash: Hash, bytes: Uint8Array): void {
  hash.update(`${bytes.length}\n`).update(bytes);
}

/** In the cache folder, named after the model's path and its key. */
export function cached(folder: string, modelPath: string, key: string): Place {
  const stem = join(folder, stemOf(modelPath, key));
  return { onnx: `${stem}.onnx`, verdict: `${stem}.json` };
}

function stemOf(modelPath: string, key: string): string {
  return `${digest(Buffer.from(resolve(modelPath))).slice(0, 8)}-${key.slice(0, 32)}`;
}

/** Beside the model, where an upload carries it: `model.converted.onnx` and `model.converted.json`. */
export function beside(modelPath: string): Place {
  const stem = join(dirname(modelPath), `${basename(modelPath, '.json')}.converted`);
  return { onnx: `${stem}.onnx`, verdict: `${stem}.json` };
}

/** The verdict at a place, when it is of this key and, where it is good, its file is whole. */
export async function find(place: Place, key: string): Promise<Found | undefined> {
  const verdict = await readVerdict(place.verdict);
  if (verdict?.key !== key) return undefined;
  if (verdict.ok && (await sha256(place.onnx)) !== verdict.sha256) return undefined;
  return { verdict, onnx: place.onnx };
}

/** The file first, the verdict after it, each under another name until it is whole: a reader never sees half of one. */
export async function keep(place: Place, verdict: Verdict, bytes: Uint8Array | undefined): Promise<void> {
  if (bytes !== undefined) await writeWhole(place.onnx, bytes);
  await writeWhole(place.verdict, `${JSON.stringify(verdict, null, 2)}\n`);
}

/**
 * Removes from the cache folder what was kept of the model at this path as it was before, for another converter or another
 * ONNX Runtime, and what processes that were stopped left unfinished.
 */
export async function removeOthers(folder: string, modelPath: string, key: string): Promise<void> {
  const stem = stemOf(modelPath, key);
  const ofModel = stem.slice(0, stem.indexOf('-') + 1);
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const unfinished = name.endsWith(UNFINISHED);
    try {
      const stale = unfinished ? await isOld(path) : name.startsWith(ofModel) && !name.startsWith(`${stem}.`);
      if (stale) await rm(path, { force: true });
    } catch {
      // Somebody else's file, or one that is in use: it stays, and the conversion is none the worse for it.
    }
  }
}

/** Longer than any conversion takes: another process may be writing the file. */
async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(absent);
  return found !== undefined && Date.now() - found.mtimeMs > 3_600_000;
}

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const unfinished = `${path}.${randomUUID()}${UNFINISHED}`;
  await writeFile(unfinished, content);
  await rename(unfinished, path);
}

async function readVerdict(path: string): Promise<Verdict | undefined> {
  const text = await readFile(path, 'utf8').catch(absent);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Verdict;
  } catch {
    // Not one of ours, or damaged: the model is then checked anew, which writes a whole one.
    return undefined;
  }
}

async function sha256(path: string): Promise<string | undefined> {
  const bytes = await readFile(path).catch(absent);
  return bytes === undefined ? undefined : digest(bytes);
}

/** What cannot be read is not there: the model is then checked anew. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === undefined || !['ENOENT', 'ENOTDIR', 'EACCES'].includes(error.code)) throw error;
  return undefined;
}
