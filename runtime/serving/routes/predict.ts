import type { Request, RequestHandler, Response } from 'express';
import type { StageTimes } from '../../workers/messages.js';
import type { Pool } from '../../workers/pool.js';
import type { ReadBody } from '../body.js';
import { contextOf } from '../context.js';
import type { PredictionListener } from '../events.js';
import { tellOfRefusal, told } from '../telling.js';

/** `POST {prefix}/predict`: body in, the launch module's answer out, byte for byte. */
export function predictRoute(pool: Pool, readBody: ReadBody, onPrediction: PredictionListener): RequestHandler {
  return async (req: Request, res: Response) => {
    const context = contextOf(req);
    try {
      const { answer, ticket, sent } = await ask(pool, readBody, req, res);
      const { body, stages, recorded } = await answer.finally(() => res.off('close', ticket.cancel));
      const times = { ...stages, total: performance.now() - context.start };
      res.writeHead(200, {
        'content-type': 'application/json',
        'content-length': body.length,
        'cache-control': 'no-store',
        'server-timing': serverTiming(times),
      });
      res.end(body, () => {
        const known = recorded === undefined ? {} : { recorded };
        onPrediction({ ...told(context), status: 200, stages: times, ...known }, sent);
      });
    } catch (thrown) {
      if (res.closed || res.destroyed) return; // nobody is there to be answered
      tellOfRefusal(thrown, context, res, onPrediction);
      throw thrown;
    }
  };
}

async function ask(pool: Pool, readBody: ReadBody, req: Request, res: Response) {
  pool.admit();
  const sent = await readBody(req, res);
  const ticket = pool.predict(sent.content, sent.body);
  res.once('close', ticket.cancel);
  return { answer: ticket.answer, ticket, sent };
}

/** The header `Server-Timing`: stages in the order in which they happen. */
export function serverTiming(stages: StageTimes): string {
  const { queue, fetch, decode, preprocess, infer, total } = stages;
  const ordered = { queue, fetch, decode, preprocess, infer, total };
  return Object.entries(ordered)
    .filter((entry): entry is [string, number] => entry[1] !== undefined)
    .map(([name, ms]) => `${name};dur=${ms.toFixed(2)}`)
    .join(', ');
}
