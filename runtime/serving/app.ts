import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { KatonicError, toProblem } from '../errors.js';
import type { Logger } from '../launch/contract.js';
import type { KatonicPackage } from '../launch/package.js';
import type { Settings } from '../settings.js';
import type { Pool } from '../workers/pool.js';
import { refuseForeignPages, requireToken, shareWith } from './access.js';
import type { ReadBody } from './body.js';
import { begin, contextOf } from './context.js';
import { toHttp } from './errors.js';
import type { PredictionListener } from './events.js';
import type { Observation } from './observation.js';
import { docsRoute } from './routes/docs.js';
import { healthRoutes } from './routes/health.js';
import { homeRoutes } from './routes/home.js';
import { openapiRoute } from './routes/openapi.js';
import { predictRoute } from './routes/predict.js';
import { previewRoute } from './routes/preview.js';
import { v2Router } from './v2/router.js';

export interface AppOptions {
  /** The package as it was last read: `--watch` reads it again. */
  readonly pkg: () => KatonicPackage;
  readonly settings: Settings;
  readonly pool: Pool;
  readonly readBody: ReadBody;
  /** Feedback and monitoring. */
  readonly observation: Observation;
  readonly logger: Logger;
}

/** The express app: one file a route. What is open stands before the token, what is protected behind it. */
export function createApp(options: AppOptions): Express {
  const { pkg, settings, pool, readBody, observation, logger } = options;
  const { prefix } = settings;
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');

  const beginning: RequestHandler = (req, res, next) => {
    begin(req, res);
    next();
  };
  app.use(beginning, shareWith(settings.cors), refuseForeignPages(settings));
  const onPrediction = guarded(observation.onPrediction, logger);
  const predict = predictRoute(pool, readBody, onPrediction);
  const token = requireToken(settings.token);
  for (const path of paths(prefix, '/predict')) app.post(path, token, predict);
  app.post(`${prefix}/preview`, token, previewRoute(pool, readBody));

  app.use(healthRoutes(pool));
  app.use(v2Router({ pkg, pool, readBody, token, onPrediction, logger, production: settings.production }));
  app.get('/openapi.json', openapiRoute(pkg, settings, pool));
  app.get('/docs', docsRoute(pkg, settings, pool));
  app.use(homeRoutes(pkg, settings, pool));

  app.use(token); // from here on nothing is open
  for (const path of paths(prefix, '')) for (const router of observation.routers.prefixed) app.use(path, router);
  for (const router of observation.routers.root) app.use(router);
  for (const path of paths(prefix, '/predict')) app.all(path, onlyPost);
  for (const path of paths(prefix, '/feedback')) app.all(path, onlyPost);
  app.use(notFound(prefix));
  app.use(answerErrors(logger, settings.production));
  return app;
}

/** An answer that has left is not undone by trouble in recording it, and the server goes on. */
function guarded(listener: PredictionListener, logger: Logger): PredictionListener {
  return (event, sent) => {
    try {
      listener(event, sent);
    } catch (thrown) {
      logger.exception(`the prediction ${event.id} could not be recorded`, thrown);
    }
  };
}

/** The platform's path and its short form. */
function paths(prefix: string, path: string): string[] {
  return [...new Set([prefix + path || '/', path || '/'])];
}

const onlyPost: RequestHandler = (req, res, next) => {
  res.setHeader('allow', 'POST');
  next(new KatonicError({ code: 'method_not_allowed', message: `expected POST ${req.path}; came ${req.method}` }));
};

function notFound(prefix: string): RequestHandler {
  return (req, _res, next) => {
    next(
      new KatonicError({
        code: 'not_found',
        message: `there is no ${req.method} ${req.path.slice(0, 200)}`,
        remedy: `Predictions: POST ${prefix}/predict. All routes: GET /openapi.json or /docs.`,
      }),
    );
  };
}

/** The one place that answers errors. What is about our side is logged with its stack, also where the caller gets an id only. */
function answerErrors(logger: Logger, production: boolean): ErrorRequestHandler {
  return (thrown, req, res, _next) => {
    const { id } = contextOf(req);
    const { status, body } = toHttp(thrown, id, production);
    const { code, message, where, stack } = toProblem(thrown);
    const line = `${req.method} ${req.path} ${status} ${code}: ${message}`;
    if (status >= 500) logger.error(line, { id, status, code, where, stack });
    // Under overload a line for each refusal would cost more than the refusal: /metrics counts them.
    else if (status !== 429) logger.info(line, { id, status, code });
    if (res.headersSent) return void res.destroy();
    if (status === 429 || status === 503) res.setHeader('retry-after', '1');
    res.status(status).json(body);
  };
}
