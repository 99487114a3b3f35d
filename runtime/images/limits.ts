import { duration, size, type ValueKind, whole } from '../settings-values.js';

/** What may come in from outside, before anything is decoded or fetched. */
export interface ImageLimits {
  /** Bytes of one encoded picture, whether it was sent or fetched. */
  readonly maxBytes: number;
  /** Width times height of the stored picture; checked on its header, before decoding. */
  readonly maxPixels: number;
  /** Milliseconds for a whole fetch, redirects included. */
  readonly fetchTimeoutMs: number;
  /** Milliseconds without a byte. */
  readonly idleTimeoutMs: number;
  /** `host` or `host:port`, lower case: fetched from although its address is not public. */
  readonly allowHosts: readonly string[];
}

export const DEFAULT_MAX_BYTES = 20 * 1024 * 1024;
export const DEFAULT_MAX_PIXELS = 50_000_000;
export const DEFAULT_FETCH_TIMEOUT_MS = 10_000;

/**
 * The limits of this process, from the environment that the front process handed on: `KATONIC_MAX_BODY`,
 * `KATONIC_MAX_PIXELS`, `KATONIC_FETCH_TIMEOUT`, `KATONIC_ALLOW_HOST` (comma list). The server checks the values before
 * it hands them on; where a launch module runs without it, one that cannot be read counts as not set.
 */
export function imageLimits(env: NodeJS.ProcessEnv): ImageLimits {
  const fetchTimeoutMs = read(duration, env.KATONIC_FETCH_TIMEOUT, DEFAULT_FETCH_TIMEOUT_MS);
  return {
    maxBytes: read(size, env.KATONIC_MAX_BODY, DEFAULT_MAX_BYTES),
    maxPixels: read(whole(1, 2 ** 30), env.KATONIC_MAX_PIXELS, DEFAULT_MAX_PIXELS),
    fetchTimeoutMs,
    idleTimeoutMs: Math.min(fetchTimeoutMs, 5000),
    allowHosts: (env.KATONIC_ALLOW_HOST ?? '')
      .split(',')
      .map((host) => host.trim().toLowerCase())
      .filter((host) => host !== ''),
  };
}

let current: ImageLimits | undefined;

/** The limits of this process, read once: a launch module that changes `process.env` later changes nothing. */
export function processLimits(): ImageLimits {
  current ??= imageLimits(process.env);
  return current;
}

function read(kind: ValueKind<number>, text: string | undefined, fallback: number): number {
  return kind.parse(text ?? '') ?? fallback;
}
