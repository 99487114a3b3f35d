import type { RequestHandler } from 'express';
import type { Pool } from '../../workers/pool.js';
import type { ReadBody } from '../body.js';

/**
 * `POST {prefix}/preview`: the body of a predict request in, the picture as the model sees it out (PNG, after crop and
 * resize). 204 where the launch module reads pictures without `readImage`. Ours: the platform has no such route.
 */
export function previewRoute(pool: Pool, readBody: ReadBody): RequestHandler {
  return async (req, res) => {
    pool.admit();
    const { content, body } = await readBody(req, res);
    const ticket = pool.preview(content, body);
    res.once('close', ticket.cancel);
    const picture = (await ticket.answer.finally(() => res.off('close', ticket.cancel))).body;
    res.setHeader('cache-control', 'no-store');
    if (picture.length === 0) res.status(204).end();
    else res.type('png').send(picture);
  };
}
