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

/** What a launch file exports. Write `export default undefined` never; export the functions by name. */
export interface LaunchModule<Data = never, Features = never, Model = never> {
  /** Called once, when the process starts. */
  loadmodel(logger: Logger): Awaitable<unknown>;
  /** Called for each request. `false` (strictly) means "nothing to do": `predict` then gets the raw `data`. */
  preprocessing?(data: Data, logger: Logger): Awaitable<unknown>;
  /** Called for each request. Any JSON value, or a JSON string, is a valid answer. */
  predict(features: Features, model: Model, logger: Logger): Awaitable<unknown>;
  /** Optional: answers several pictures at once, one answer for each in the same order. Used when requests queue up. */
  predictBatch?(features: Features[], model: Model, logger: Logger): Awaitable<unknown[]>;
}

/** The form of answer that the scaffold's `predict` gives; the runtime requires no form. */
export interface Classification {
  /** The integer code of labels_file.json: it goes straight into feedback. */
  predicted_label: number;
  predicted_class: string;
  /** Between 0 and 1. */
  confidence: number;
  /** Class name to probability. */
  probabilities: Record<string, number>;
}
