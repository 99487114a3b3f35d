import type { Problem } from '../errors.js';
import type { Recorded } from '../launch/answer.js';

/**
 * What travels in the headers of `frames.ts`. The front process is ours (`workers/pool.ts`) or Python's `launch.py`
 * in an upload: both speak to the same child (`workers/child.ts`).
 */

/** Milliseconds by stage; a stage that did not happen is absent. */
export interface StageTimes {
  queue?: number;
  fetch?: number;
  decode?: number;
  preprocess?: number;
  infer?: number;
  total?: number;
}

/** What a launch module is found to be once it is loaded. */
export interface LaunchInfo {
  readonly name: string;
  /** The JSON Schema (draft 2020-12) of the request body, made from the joi schema. */
  readonly bodySchema: unknown;
  /** How many pictures `predictBatch` gets at the most; 1 where it is not exported, or does not pay. */
  readonly batch: number;
  /** One line an open model: engine and why. */
  readonly engines: readonly { readonly engine: string; readonly why: string }[];
  readonly warmUp: { readonly done: boolean; readonly detail: string; readonly ms?: number };
  readonly loadMs: number;
  readonly rssBytes: number;
}

/**
 * What the body of a request is. `json`: the request body as it came, `{"data": ...}`. `bytes`: a picture, to become
 * `data`. `text`: `data` itself, a text in UTF-8: a picture as a data URI is spared being quoted and parsed.
 */
export type Content = 'json' | 'bytes' | 'text';

export type ToChild =
  | { readonly type: 'predict'; readonly id: number; readonly content: Content }
  /** As `predict`, but only preprocessed: the answer is what the model would see, as a PNG; empty where no picture was read. */
  | { readonly type: 'preview'; readonly id: number; readonly content: Content }
  /** Nobody waits for this answer any more. The child still sends exactly one frame for the id: `dropped`, or what it had begun. */
  | { readonly type: 'cancel'; readonly id: number }
  /** Finish nothing, end now with exit code 0. Closing the channel means the same. */
  | { readonly type: 'shutdown' };

/** Exactly one for each request. */
export type Reply = Extract<FromChild, { readonly type: 'answer' | 'problem' | 'dropped' }>;

export type FromChild =
  | { readonly type: 'ready'; readonly info: LaunchInfo }
  /** Before `ready`: the package could not be loaded. After it: user code threw outside of any request. The process ends right after. */
  | { readonly type: 'failed'; readonly problem: Problem }
  /** The frame's body is the answer: JSON text, to be sent on byte for byte. */
  | { readonly type: 'answer'; readonly id: number; readonly stages: StageTimes; readonly recorded?: Recorded }
  /** `stages.infer` is present when `predict` was reached. */
  | { readonly type: 'problem'; readonly id: number; readonly problem: Problem; readonly stages: StageTimes }
  /** The request waits for the network, and needs none of this process's time: another one may be sent. Then it goes on. */
  | { readonly type: 'fetching' | 'fetched'; readonly id: number }
  /** A cancelled request that is still being preprocessed: the process is alive, and `dropped` follows. */
  | { readonly type: 'leaving'; readonly id: number }
  /** A cancelled request whose `predict` had not begun. */
  | { readonly type: 'dropped'; readonly id: number }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string; readonly stack?: string }
  | { readonly type: 'gauge'; readonly tensors?: number; readonly rssBytes: number };

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';
