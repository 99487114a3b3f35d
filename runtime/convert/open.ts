import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenModel, OpenOptions, TensorData } from '../engines/engine.js';
import { onnx } from '../engines/onnx.js';
import { KatonicError } from '../errors.js';
import { prepareApart } from './in-child.js';
import { type Prepared, preparedBefore } from './prepare.js';

type Opened = OpenModel | { readonly reason: string };

/**
 * Opens a TensorFlow.js model on ONNX Runtime, when it converts and the converted model was found equal. With the
 * verdict beside the model or in `options.cacheDir`, TensorFlow.js is not loaded; without a cache folder that can be
 * written, model and verdict are made anew each time.
 * @param path its model.json.
 * @returns the open model, or the reason for which TensorFlow.js has to serve it.
 */
export async function openConverted(path: string, options: OpenOptions = {}): Promise<Opened> {
  const { cacheDir } = options;
  try {
    const before = await preparedBefore(path, cacheDir);
    if (before !== undefined) return await opened(before, options);
    if (cacheDir === undefined) return await openedOnce(path, options);
    const refusal = await writable(cacheDir);
    if (refusal === undefined) return await opened(await prepareApart(path, cacheDir), options);
    return await openedOnce(path, options, `; not kept, since ${cacheDir} cannot be written (${refusal})`);
  } catch (error) {
    // A broken model is for TensorFlow.js to refuse: there its error says how. A full disk keeps no model from being served.
    if (error instanceof KatonicError || isSystemError(error)) return { reason: error.message };
    throw error;
  }
}

/** Through a temporary folder, which is gone again when the model is open. */
async function openedOnce(path: string, options: OpenOptions, remark = ''): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'katonic-convert-'));
  try {
    return await opened(await prepareApart(path, folder), options, remark);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function opened(prepared: Prepared, options: OpenOptions, remark = ''): Promise<Opened> {
  if (!prepared.ok) return { reason: prepared.reason };
  return withBytes(await onnx.open(prepared.onnx, options), `${why(prepared)}${remark}`);
}

/** Makes the folder; `undefined` when files can be written there, else the system's code, for example `EROFS`. */
async function writable(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder, { recursive: true });
    // Tried and not asked for: permissions do not tell what a file system takes.
    await rmdir(await mkdtemp(join(folder, 'writable-')));
    return undefined;
  } catch (error) {
    if (isSystemError(error)) return error.code;
    throw error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

function why({ verdict: { check } }: Extract<Prepared, { ok: true }>): string {
  // In an upload the verdict comes without the figures of the comparison, so that the same package gives the same bytes.
  if (check === undefined) return 'converted from TensorFlow.js and found equal to it when it was packaged';
  return `converted from TensorFlow.js and found equal to ${check.reference} (largest difference ${check.difference.toExponential(1)})`;
}

/** TensorFlow.js takes bytes for an int32 input; so does the converted model. */
function withBytes(model: OpenModel, reason: string): OpenModel {
  const widens = model.inputs[0]?.dtype === 'int32';
  const taken = (data: TensorData) => (widens && data instanceof Uint8Array ? Int32Array.from(data) : data);
  return {
    ...model,
    why: reason,
    run: (data, shape) => model.run(taken(data), shape),
    runAll: (data, shape) => model.runAll(taken(data), shape),
  };
}
