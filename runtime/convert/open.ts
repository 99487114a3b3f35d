import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenModel, OpenOptions, TensorData } from '../engines/engine.js';
import { onnx } from '../engines/onnx.js';
import { KatonicError } from '../errors.js';
import { prepareApart } from './in-child.js';
import type { Prepared } from './prepare.js';

/**
 * Opens a TensorFlow.js model on ONNX Runtime, when it converts and the converted model was found equal. With the
 * verdict beside the model or in `options.cacheDir`, TensorFlow.js is not loaded; without a cache folder model and
 * verdict are made anew each time.
 * @param path its model.json.
 * @returns the open model, or the reason for which TensorFlow.js has to serve it.
 */
export async function openConverted(
  path: string,
  options: OpenOptions = {},
): Promise<OpenModel | { readonly reason: string }> {
  const kept = options.cacheDir;
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'katonic-convert-')));
  try {
    const prepared = await prepareApart(path, folder);
    if (!prepared.ok) return { reason: prepared.reason };
    return withBytes(await onnx.open(prepared.onnx, options), why(prepared));
  } catch (error) {
    // A broken model is for TensorFlow.js to refuse: there its error says how.
    if (error instanceof KatonicError) return { reason: error.message };
    throw error;
  } finally {
    if (kept === undefined) await rm(folder, { recursive: true, force: true });
  }
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
