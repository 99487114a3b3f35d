/**
 * The package contract in TypeScript. It mirrors the platform's Python one: `launch.py` with `loadmodel(logger)`,
 * `preprocessing(data, logger)`, `predict(features, model, logger)`.
 */

/** The logger handed to user code. The names are those of Python's `logging`. */
export interface Logger {
  debug(message: string, ...details: unknown[]): void;
  info(message: string, ...details: unknown[]): void;
  warning(message: string, ...details: unknown[]): void;
  error(message: string, ...details: unknown[]): void;
  /** Logs at error level with the stack of `error`. */
  exception(message: string, error?: unknown): void;
}

/** What `data` can be when the scaffold's schema is used: a URL, data URI or base64 text, or the bytes of an upload. */
export type ImageData = string | Uint8Array;

type Awaitable<T> = T | Promise<T>;

/** `never` stands for "not said": as a parameter it accepts every function, as a result it must accept every value. */
type Given<T, Otherwise> = [T] extends [never] ? Otherwise : T;

/**
 * What a launch file exports, by name:
 *
 * ```ts
 * export async function loadmodel(logger: Logger) { return openModel('model/model.json'); }
 * export async function preprocessing(data: ImageData) { return readImage(data, { width: 224, height: 224 }); }
 * export async function predict(features: ImageTensor, model: OpenModel) { ... }
 *
 * ({ loadmodel, preprocessing, predict }) satisfies LaunchModule;
 * ```
 *
 * With its three types given, `LaunchModule<ImageData, ImageTensor, OpenModel>` also checks that the functions fit together.
 */
export interface LaunchModule<Data = never, Features = never, Model = never> {
  /** Called once, when the process starts. */
  loadmodel(logger: Logger): Awaitable<Given<Model, unknown>>;
  /** Called for each request. `false` (strictly) means "nothing to do": `predict` then gets the raw `data`. */
  preprocessing?(data: Data, logger: Logger): Awaitable<Given<Features, unknown> | false>;
  /** Called for each request. Any JSON value, or a JSON string, is a valid answer. */
  predict(features: Features, model: Model, logger: Logger): Awaitable<unknown>;
  /** Optional: answers several pictures at once, one answer for each in the same order. Used when requests queue up. */
  predictBatch?(features: Features[], model: Model, logger: Logger): Awaitable<readonly unknown[]>;
  /** How many pictures `predictBatch` takes at the most. Default 8. */
  readonly batchSize?: number;
}

/** The form of answer that the scaffold's `predict` gives; the runtime requires no form. */
export interface Classification {
  /** The code of labels_file.json (an integer; the text where it lists text): it goes straight into feedback. */
  predicted_label: number | string;
  predicted_class: string;
  /** Between 0 and 1. */
  confidence: number;
  /** Class name to probability. */
  probabilities: Record<string, number>;
}
