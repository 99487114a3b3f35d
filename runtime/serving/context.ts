import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What every route knows about its request. */
export interface Context {
  /**
   * In the header `x-request-id`, in every error and in the log. Always ours, hence unique: feedback refers to a
   * prediction by it. An `x-request-id` that the caller sends is not used.
   */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `performance.now()`. */
  readonly start: number;
  /** The caller's trace, as its header says it. */
  readonly traceparent?: string;
}

const contexts = new WeakMap<IncomingMessage, Context>();

/** Gives the request its id, which is on the answer whatever becomes of it. */
export function begin(req: IncomingMessage, res: ServerResponse): Context {
  const { traceparent } = req.headers;
  const trace = typeof traceparent === 'string' ? { traceparent } : {};
  const context = { id: randomUUID(), at: Date.now(), start: performance.now(), ...trace };
  contexts.set(req, context);
  res.setHeader('x-request-id', context.id);
  res.setHeader('x-content-type-options', 'nosniff');
  return context;
}

export function contextOf(req: IncomingMessage): Context {
  const context = contexts.get(req);
  if (context === undefined) throw new Error('a request without a context reached a route');
  return context;
}
