import express, { type Router } from 'express';
import type { Metrics } from '../../monitoring/prometheus.js';

/** `GET /metrics` for Prometheus, to be mounted at the root. */
export function metricsRoutes(metrics: Metrics): Router {
  const router = express.Router();
  router.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.text());
  });
  return router;
}
