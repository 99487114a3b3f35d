import express, { type Request, type Router } from 'express';
import Joi from 'joi';
import { KatonicError } from '../../errors.js';
import { WINDOWS, type Window } from '../../feedback/reading.js';
import type { Feed } from '../../monitoring/feed.js';
import type { Figures } from '../../monitoring/figures.js';

/** Proxies close a connection on which nothing comes for a minute. */
const KEEP_ALIVE_MS = 15_000;
const MOST_STREAMS = 100;

const query = Joi.object({
  window: Joi.string()
    .valid(...WINDOWS)
    .default('all'),
});

/**
 * `GET /monitoring?window=hour|day|all` answers {@link Figures}; `GET /monitoring/stream?window=...` sends them as
 * `event: figures` whenever they change. To be mounted at the prefix.
 *
 * @returns the router, and `close`, which ends the streams so that the server can stop.
 */
export function monitoringRoutes(feed: Feed): { readonly router: Router; readonly close: () => void } {
  const router = express.Router();
  const streams = new Set<express.Response>();

  router.get('/monitoring', async (request, response) => {
    response.set('cache-control', 'no-store').json(await feed.read(windowOf(request)));
  });

  router.get('/monitoring/stream', async (request, response) => {
    const window = windowOf(request);
    if (streams.size >= MOST_STREAMS) throw tooManyStreams();
    streams.add(response);
    response.once('close', () => streams.delete(response));
    // Before the first byte: a store that cannot be read answers an error, not an empty stream.
    const first = await feed.read(window);
    if (response.closed) return; // the reader left meanwhile
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Nginx holds a stream back otherwise.
      'x-accel-buffering': 'no',
    });
    const send = (figures: Figures) => {
      // A reader that does not keep up gets the next figures, not all of them.
      if (!response.writableNeedDrain) response.write(`event: figures\ndata: ${JSON.stringify(figures)}\n\n`);
    };
    send(first);
    const stop = feed.listen(window, send);
    const beat = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MS).unref();
    response.once('close', () => {
      stop();
      clearInterval(beat);
    });
  });

  return { router, close: () => streams.forEach((response) => void response.end()) };
}

function windowOf(request: Request): Window {
  const { error, value } = query.validate(request.query);
  if (error === undefined) return value.window;
  throw new KatonicError({
    code: 'invalid_input',
    message: error.message,
    where: { field: ['query', ...(error.details[0]?.path ?? [])] },
    remedy: 'Ask for ?window=hour, ?window=day or ?window=all.',
  });
}

function tooManyStreams(): KatonicError {
  return new KatonicError({
    code: 'queue_full',
    message: `expected at most ${MOST_STREAMS} open streams, got one more`,
    remedy: 'Close some of the open pages, or poll GET /monitoring.',
  });
}
