import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { prepareConversion } from '../../convert/prepare.js';
import { beside, type Verdict } from '../../convert/verdict.js';
import type { Finding } from '../../errors.js';
import type { Sources } from '../sources/allow-list.js';

/** Which libraries an upload carries for its models. */
export interface UploadEngine {
  /** Installed by npm: they hold binaries, or user code shares them. */
  readonly libraries: readonly string[];
  /** Engines that are left out. */
  readonly absent: readonly string[];
  /** Whether TensorFlow.js and its WebAssembly backend are bundled in. */
  readonly tfjs: boolean;
  readonly findings: readonly Finding[];
}

const ONNX = 'onnxruntime-node';
const TFJS = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'];

/**
 * An .onnx file needs ONNX Runtime. So does a TensorFlow.js model that converts and was found equal: the converted file
 * and its verdict are put beside it in `stage`. Otherwise TFJS goes in, in WebAssembly: it has no native part.
 */
export async function chooseEngine(sources: Sources, stage: string): Promise<UploadEngine> {
  const models = sources.data.filter((path) => isTfjsModel(sources.folder, path));
  const findings: Finding[] = [];
  for (const path of models) {
    const reason = await convertInto(stage, path);
    if (reason !== undefined) findings.push(slower(path, reason));
  }
  const users = Object.keys({ ...sources.manifest.dependencies, ...sources.manifest.optionalDependencies });
  const onnx = findings.length < models.length || sources.data.some((path) => extname(path).toLowerCase() === '.onnx');
  const tfjs = findings.length > 0;
  return {
    libraries: ['sharp', 'joi', ...(onnx ? [ONNX] : [])],
    absent: [...(onnx ? [] : [ONNX]), ...(tfjs ? [] : TFJS)].filter((name) => !users.includes(name)),
    tfjs: tfjs && !users.includes(TFJS[0] as string),
    findings,
  };
}

/** The reason when there is no converted file that may stand for the model. */
async function convertInto(stage: string, path: string): Promise<string | undefined> {
  const model = join(stage, path);
  const cache = mkdtempSync(join(tmpdir(), 'katonic-convert-'));
  try {
    const prepared = await prepareConversion(model, cache);
    if (!prepared.ok) return prepared.reason;
    const place = beside(model);
    copyFileSync(prepared.onnx, place.onnx);
    writeFileSync(place.verdict, `${JSON.stringify(reproducible(prepared.verdict), null, 2)}\n`);
    return undefined;
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

/**
 * Without the comparison itself: its pictures are random, and how far apart the answers were changes from one packaging
 * to the next. What stays is a fact of the model: that it was found equal.
 */
function reproducible({ check: _, ...verdict }: Verdict): Verdict {
  return verdict;
}

function slower(file: string, reason: string): Finding {
  return {
    severity: 'note',
    rule: 'package/engine',
    message: `${file} runs on TensorFlow.js in WebAssembly in the upload: ${reason}. Where tfjs-node serves it here, the last digits may differ`,
    remedy: 'serve with KATONIC_ENGINE=wasm to compare answers byte for byte',
    file,
  };
}

function isTfjsModel(folder: string, path: string): boolean {
  if (extname(path) !== '.json' || !path.includes('/') || basename(path).startsWith('.')) return false;
  try {
    const model: unknown = JSON.parse(readFileSync(join(folder, path), 'utf8'));
    return typeof model === 'object' && model !== null && 'weightsManifest' in model;
  } catch {
    return false; // a data file that is no JSON is no model
  }
}
