import type { ErrorCode } from '../errors.js';

/** The HTTP status of each code: here and in the table of docs/http.md, nowhere else. */
export const STATUS: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  not_json: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  too_large: 413,
  unsupported_media_type: 415,
  invalid_input: 422,
  not_an_image: 422,
  fetch_failed: 422,
  queue_full: 429,
  headers_too_large: 431,
  user_code: 500,
  worker_lost: 500,
  package: 500,
  engine: 500,
  usage: 500,
  internal: 500,
  not_ready: 503,
  timeout: 504,
};

/** Codes of which the caller learns nothing in production but an id to quote: they are about our side. */
export const OPAQUE: ReadonlySet<ErrorCode> = new Set([
  'user_code',
  'worker_lost',
  'package',
  'engine',
  'usage',
  'internal',
]);
