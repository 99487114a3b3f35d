import type { ErrorCode } from '../errors.js';
import type { Recorded } from '../launch/answer.js';
import type { StageTimes } from '../workers/messages.js';
import type { Sent } from './body.js';

/** One predict request that was answered: told to monitoring after the answer has left. */
export interface PredictionEvent {
  /** As in the header `x-request-id`; feedback refers to it. */
  readonly id: string;
  /** Milliseconds since the epoch, when the request came. */
  readonly at: number;
  readonly status: number;
  /** Absent on success. */
  readonly code?: ErrorCode;
  /** `total` is the whole time in this server, from the first byte to the answer. */
  readonly stages: StageTimes;
  /** Present where the answer has the form of a `Classification`. */
  readonly recorded?: Recorded;
  /** The header of the W3C's Trace Context, where the caller sent it. */
  readonly traceparent?: string;
}

/** `sent` is what the request brought, where it was answered; not part of the event, which is held longer. */
export type PredictionListener = (event: PredictionEvent, sent?: Sent) => void;
