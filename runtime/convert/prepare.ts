import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onnx } from '../engines/onnx.js';
import { KatonicError } from '../errors.js';
import type { Conversion } from './convert.js';
import { decodeModel, type ModelFiles, readModelFiles } from './read/model.js';
import { Unsupported } from './unsupported.js';
import {
  beside,
  cached,
  conversionKey,
  digest,
  type Found,
  find,
  keep,
  removeOthers,
  UNFINISHED,
  type Verdict,
} from './verdict.js';

/** Either a converted file that was found equal to TensorFlow.js, or one sentence why there is none. */
export type Prepared =
  | { readonly ok: true; readonly onnx: string; readonly verdict: Verdict }
  | { readonly ok: false; readonly reason: string };

/**
 * Makes sure that a TensorFlow.js model has a verdict: one that lies beside it or in the cache, else a conversion and a
 * comparison with TensorFlow.js now, in this process. Several processes may do it at once: the same model gives the same
 * bytes, and files are put in place whole, so that it does not matter whose stay.
 * @param path its model.json.
 * @param cacheDir is made when it is not there; it must be writable.
 * @throws KatonicError `package` when the model's files are not whole.
 */
export async function prepareConversion(path: string, cacheDir: string): Promise<Prepared> {
  const looked = await look(path, cacheDir);
  if ('prepared' in looked) return looked.prepared;
  const { files, key, onnxruntime } = looked;
  const place = cached(cacheDir, path, key);
  await mkdir(cacheDir, { recursive: true });
  const { verdict, bytes } = await judge(files, cacheDir, { key, onnxruntime });
  await keep(place, verdict, bytes);
  await removeOthers(cacheDir, path, key);
  return asPrepared({ verdict, onnx: place.onnx });
}

/** The verdict that is there already; `undefined` when the model is new. Loads no TensorFlow.js. */
export async function preparedBefore(path: string, cacheDir?: string): Promise<Prepared | undefined> {
  const looked = await look(path, cacheDir);
  return 'prepared' in looked ? looked.prepared : undefined;
}

type Looked =
  | { readonly prepared: Prepared }
  | { readonly files: ModelFiles; readonly key: string; readonly onnxruntime: string };

async function look(path: string, cacheDir: string | undefined): Promise<Looked> {
  const runtime = await onnx.available();
  if (!runtime.ok) return { prepared: { ok: false, reason: runtime.reason } };
  const files = await readModelFiles(path);
  const key = conversionKey(files, runtime.version);
  const places = [beside(path), ...(cacheDir === undefined ? [] : [cached(cacheDir, path, key)])];
  let known: Found | undefined;
  for (const place of places) known ??= await find(place, key);
  return known === undefined ? { files, key, onnxruntime: runtime.version } : { prepared: asPrepared(known) };
}

/** Converts and compares. Only what the model itself decides becomes a verdict; anything else that fails is thrown. */
async function judge(
  files: ModelFiles,
  folder: string,
  about: Pick<Verdict, 'key' | 'onnxruntime'>,
): Promise<{ verdict: Verdict; bytes?: Uint8Array }> {
  // Loaded for a new model only: from the cache a server starts without them.
  const { openReference, randomInput, selfCheck } = await import('./self-check.js');
  const converted = await attempt(files);
  if ('reason' in converted) return { verdict: { ...about, ok: false, reason: converted.reason } };
  const { bytes, report } = converted;
  const candidate = join(folder, `${randomUUID()}${UNFINISHED}`);
  try {
    await writeFile(candidate, bytes);
    const model = await onnx.open(candidate, { threads: 1 });
    try {
      const reference = await openReference(files.path, randomInput(model, 1));
      try {
        const check = await selfCheck(reference, model, report);
        if (check.ok) return { verdict: { ...about, ok: true, sha256: digest(bytes), check, report }, bytes };
        return {
          verdict: { ...about, ok: false, reason: `the converted model was refused: ${check.reason}`, check, report },
        };
      } finally {
        await reference.dispose();
      }
    } finally {
      await model.dispose();
    }
  } finally {
    await rm(candidate, { force: true });
  }
}

async function attempt(files: ModelFiles): Promise<Conversion | { reason: string }> {
  const { convertModel } = await import('./convert.js');
  try {
    return convertModel(decodeModel(files));
  } catch (error) {
    if (error instanceof Unsupported) return { reason: error.message };
    if (error instanceof KatonicError) throw error;
    // A model that the converter did not foresee must not keep a server from starting: TensorFlow.js may well open it.
    return { reason: `the converter stopped at ${error instanceof Error ? error.message : String(error)}` };
  }
}

function asPrepared({ verdict, onnx: file }: Found): Prepared {
  if (verdict.ok) return { ok: true, onnx: file, verdict };
  return { ok: false, reason: verdict.reason ?? 'the converted model was refused' };
}
