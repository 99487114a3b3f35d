/** One small interface behind which every engine stands; one file an engine, listed in `engines/index.ts`. */

export type TensorData = Float32Array | Uint8Array | Int32Array | Uint16Array | BigInt64Array;
export type DType = 'float32' | 'uint8' | 'int32' | 'float16' | 'int64';

export interface TensorInfo {
  readonly name: string;
  /** -1 where the dimension is free. */
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export interface Output {
  readonly name: string;
  readonly data: TensorData;
  readonly shape: readonly number[];
}

/** A model that is open. No tensor of any library crosses this line, so engines can change under a launch file. */
export interface OpenModel {
  /** For example `tfjs-node 4.22.0 (CPU)`. */
  readonly engine: string;
  /** Why this engine: one sentence for the banner. */
  readonly why: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Whether several pictures in one run were measured to take less time than one after another (docs/operations.md). */
  readonly gainsFromBatches: boolean;
  /** The first output; `runAll` gives every one. Throws {@link KatonicError} `engine` when shape or dtype do not fit. */
  run(data: TensorData, shape: readonly number[]): Promise<Output>;
  runAll(data: TensorData, shape: readonly number[]): Promise<readonly Output[]>;
  /** Tensors alive now in the engine, where it counts them (TFJS); for leak tests and metrics. */
  tensorCount(): number | undefined;
  dispose(): Promise<void>;
}

export interface OpenOptions {
  /** `auto` takes the fastest present. */
  readonly engine?: 'auto' | 'tfjs' | 'tfjs-node' | 'wasm' | 'cpu' | 'onnx';
  /** Threads inside one operator. Default 1: several processes serve. */
  readonly threads?: number;
  /** ONNX Runtime execution providers, in order; those that are not there are left out. Default `['cpu']`. */
  readonly providers?: readonly string[];
  /** Where converted models and verdicts are kept. */
  readonly cacheDir?: string;
}

export interface Engine {
  readonly name: string;
  /** Whether the engine can run here; when not, one sentence says why and what to do. */
  available(): Promise<
    { readonly ok: true; readonly version: string } | { readonly ok: false; readonly reason: string }
  >;
  /** `path` is a model.json or an .onnx file. */
  open(path: string, options: OpenOptions): Promise<OpenModel>;
}
