import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import express, { type Router } from 'express';
import type { KatonicPackage } from '../../launch/package.js';
import { compiled } from '../../package-root.js';
import type { Settings } from '../../settings.js';
import type { Pool } from '../../workers/pool.js';
import { limitsInWords } from '../limits.js';

/** The page loads nothing from elsewhere and runs only its own files; a picture by URL is fetched by the server. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `GET /`: the page for browsers, a JSON summary for all others; the page's files and the package's sample pictures. */
export function homeRoutes(pkg: () => KatonicPackage, settings: Settings, pool: Pool): Router {
  const router = express.Router();
  const folder = compiled('page');
  const page = join(folder, 'index.html');
  router.get('/', (req, res) => {
    res.vary('Accept');
    if (existsSync(page) && req.accepts(['json', 'html']) === 'html') {
      res.setHeader('content-security-policy', PAGE_POLICY);
      res.setHeader('referrer-policy', 'no-referrer');
      return void res.sendFile(page, { cacheControl: false });
    }
    res.json(summary(pkg(), settings, pool));
  });
  router.use('/page', express.static(folder, { index: false, redirect: false }));
  router.get('/samples/:name', (req, res, next) => {
    const file = pkg().samples.find((sample) => basename(sample) === req.params.name);
    if (file === undefined) return next();
    res.setHeader('content-security-policy', "default-src 'none'; sandbox");
    res.sendFile(file, { dotfiles: 'allow' });
  });
  return router;
}

/** What is served, for people and for the page. */
function summary(pkg: KatonicPackage, settings: Settings, pool: Pool) {
  const { engines, warmUp, batch } = pool.info ?? { engines: [], warmUp: undefined, batch: 1 };
  const { prefix } = settings;
  return {
    name: pkg.name,
    version: pkg.version,
    description: pkg.description,
    modelType: pkg.modelType,
    classes: pkg.labels.classes,
    engines,
    batch,
    warmUp,
    limits: limitsInWords(settings),
    prefix,
    samples: pkg.samples.map((file) => basename(file)),
    tokenRequired: settings.token !== undefined,
    routes: {
      predict: `POST ${prefix}/predict`,
      feedback: `POST ${prefix}/feedback`,
      health: 'GET /health/ready',
      documentation: 'GET /docs',
      openapi: 'GET /openapi.json',
    },
  };
}
