import type { RequestHandler } from 'express';
import type { KatonicPackage } from '../../launch/package.js';
import type { Settings } from '../../settings.js';
import { notReady, type Pool } from '../../workers/pool.js';
import { openapiDocument } from '../openapi.js';

/** `GET /openapi.json`. The schema lives in a worker: before the first one is ready there is none. */
export function openapiRoute(pkg: () => KatonicPackage, settings: Settings, pool: Pool): RequestHandler {
  return (_req, res) => {
    if (pool.info === undefined) throw notReady('the schema is loading');
    res.json(openapiDocument(pkg(), settings.prefix, settings.token !== undefined, pool.info));
  };
}
