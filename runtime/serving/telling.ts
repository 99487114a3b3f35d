import type { Response } from 'express';
import { toProblem } from '../errors.js';
import type { Context } from './context.js';
import type { PredictionListener } from './events.js';
import { STATUS } from './status.js';

/** What monitoring is told of the request itself. */
export function told({ id, at, traceparent }: Context) {
  return { id, at, ...(traceparent === undefined ? {} : { traceparent }) };
}

/** Tells monitoring of a refusal once it has left: under overload it is in no log. */
export function tellOfRefusal(
  thrown: unknown,
  context: Context,
  res: Response,
  onPrediction: PredictionListener,
): void {
  const { code } = toProblem(thrown);
  const stages = { total: performance.now() - context.start };
  res.once('finish', () => onPrediction({ ...told(context), status: STATUS[code], code, stages }));
}
