import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { KatonicError } from '../errors.js';

export interface AccessOptions {
  readonly host: string;
  readonly token: string | undefined;
  readonly noAuth: boolean;
  /** Origins of other web pages that may use this server; `*` for any. */
  readonly cors: readonly string[];
}

/** The raw token is the whole value of `Authorization`, as the platform has it. Compared in constant time. */
export function requireToken(token: string | undefined): RequestHandler {
  if (token === undefined) return (_req, _res, next) => next();
  const wanted = digest(token);
  return (req, _res, next) => {
    const given = req.headers.authorization;
    // Digests have one length, so that the comparison tells nothing about the token's.
    if (given !== undefined && timingSafeEqual(digest(given), wanted)) return next();
    next(
      new KatonicError({
        code: 'unauthorized',
        message:
          given === undefined ? 'expected a token; there is no Authorization header' : 'the token is not the right one',
        remedy: 'Send the raw token as the whole value of the Authorization header, without "Bearer".',
      }),
    );
  };
}

/**
 * Without a token a server on loopback is reachable by every web page that its user opens. So the page's origin must be
 * this server's own, and the name in `Host` one of loopback's: a foreign name that resolves to 127.0.0.1 is DNS rebinding.
 */
export function refuseForeignPages({ host, token, noAuth, cors }: AccessOptions): RequestHandler {
  if (token !== undefined) return (_req, _res, next) => next();
  const names = new Set(['localhost', '127.0.0.1', '[::1]', hostName(host)]);
  return (req, _res, next) => {
    const { host: asked = '', origin } = req.headers;
    const name = asked.replace(/:\d+$/, '').toLowerCase();
    if (!noAuth && !names.has(name) && !name.endsWith('.localhost')) {
      return next(forbidden(`expected a Host header that names this machine's loopback; "${asked}" came`));
    }
    if (isReading(req) || origin === undefined || allows(cors, origin)) return next();
    if (origin === `http://${asked}` || origin === `https://${asked}`) return next();
    if (noAuth && req.headers['sec-fetch-site'] === 'same-origin') return next();
    next(forbidden(`expected a request from this server's own page; it came from ${origin}`));
  };
}

/** Cross-origin resource sharing, for the configured origins only. */
export function shareWith(cors: readonly string[]): RequestHandler {
  return (req, res, next) => {
    const { origin } = req.headers;
    if (origin === undefined || !allows(cors, origin)) return next();
    res.setHeader('access-control-allow-origin', cors.includes('*') ? '*' : origin);
    res.vary('Origin');
    res.setHeader('access-control-expose-headers', 'x-request-id, server-timing, retry-after');
    if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined) return next();
    res.setHeader('access-control-allow-methods', 'GET, POST');
    res.setHeader('access-control-allow-headers', 'authorization, content-type, x-katonic-preview');
    res.setHeader('access-control-max-age', '600');
    res.status(204).end();
  };
}

/** Refuses an address that others reach when nothing keeps them out. Throws KatonicError `usage`. */
export function checkBinding({ host, token, noAuth }: AccessOptions): void {
  if (token !== undefined || noAuth || isLoopback(host)) return;
  throw new KatonicError({
    code: 'usage',
    message: `refusing to listen on ${host} without a token: anybody who reaches this machine could use the model`,
    remedy: 'Give --token (KATONIC_TOKEN), or say --no-auth when a gateway in front does the authorising.',
  });
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** A host as it stands in a URL. */
export function hostName(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host.toLowerCase();
}

function allows(cors: readonly string[], origin: string): boolean {
  return cors.includes('*') || cors.includes(origin);
}

function isReading(req: IncomingMessage): boolean {
  return req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS';
}

function forbidden(message: string): KatonicError {
  const remedy =
    'Use http://127.0.0.1 or http://localhost; allow another page with --cors ORIGIN, or protect the server with --token.';
  return new KatonicError({ code: 'forbidden', message, remedy });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
