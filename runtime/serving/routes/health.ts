import express, { type Router } from 'express';
import type { Pool } from '../../workers/pool.js';

/** `GET /health/live`: this process answers. `GET /health/ready`: a worker has loaded the model and warmed it up. */
export function healthRoutes(pool: Pool): Router {
  const router = express.Router();
  router.get('/health/live', (_req, res) => {
    res.json({ status: 'live' });
  });
  router.get('/health/ready', (_req, res) => {
    const health = pool.health();
    if (!health.ready) res.status(503).setHeader('retry-after', '1');
    res.json(health.ready ? { status: 'ready' } : { status: 'not ready', reason: health.reason });
  });
  return router;
}
