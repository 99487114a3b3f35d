import { KatonicError } from '../errors.js';
import type { Recorded } from '../launch/answer.js';
import type { Body } from './frames.js';
import type { StageTimes } from './messages.js';

/** JSON text as bytes (a PNG for a preview), and what is known about its making. */
export interface Answer {
  readonly body: Buffer;
  readonly stages: StageTimes;
  readonly recorded?: Recorded;
}

/** A request on its way: waiting in the pool's queue, or with a worker. */
export interface Job {
  readonly id: number;
  readonly type: 'predict' | 'preview';
  readonly content: 'json' | 'bytes';
  readonly body: Body;
  /** `performance.now()` at its acceptance. */
  readonly acceptedAt: number;
  /** `performance.now()` when it was handed to its worker. */
  sentAt: number;
  /** Its worker died while it held several requests: now it runs alone, so that the one at fault is found. */
  suspect: boolean;
  /** It waits for a picture by URL, and does nothing in its worker. */
  fetching: boolean;
  /** Its worker knows that nobody waits for it, and ends what it has begun of it. */
  leaving: boolean;
  /** Its caller has been answered or has gone. */
  settled: boolean;
  deadline: NodeJS.Timeout | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: KatonicError) => void;
}

/** What a caller holds: the answer to come, and a way to say that nobody waits for it. */
export interface Ticket {
  /** Rejects with a {@link KatonicError} only. */
  readonly answer: Promise<Answer>;
  cancel(): void;
}

export function timedOut(seconds: number, waiting: boolean): KatonicError {
  return new KatonicError({
    code: 'timeout',
    message: waiting
      ? `no worker became free within ${seconds} s`
      : `the launch module did not answer within ${seconds} s`,
    remedy: waiting
      ? 'Send fewer requests at once, add workers (--workers), or raise --timeout.'
      : 'Make preprocessing or predict faster, or raise the limit: --timeout or KATONIC_TIMEOUT (seconds).',
  });
}
