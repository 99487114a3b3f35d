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
 * The limits of this process, from the environment that the front process handed on: `KATONIC_MAX_BODY` (bytes),
 * `KATONIC_MAX_PIXELS`, `KATONIC_FETCH_TIMEOUT` (seconds), `KATONIC_ALLOW_HOST` (comma list). The values were
 * checked where they were set, so one that is not a positive number counts as not set.
 */
export function imageLimits(env: NodeJS.ProcessEnv): ImageLimits {
  const fetchTimeoutMs = positive(env.KATONIC_FETCH_TIMEOUT, DEFAULT_FETCH_TIMEOUT_MS / 1000) * 1000;
  return {
    maxBytes: positive(env.KATONIC_MAX_BODY, DEFAULT_MAX_BYTES),
    maxPixels: positive(env.KATONIC_MAX_PIXELS, DEFAULT_MAX_PIXELS),
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

function positive(text: string | undefined, fallback: number): number {
  const value = Number(text);
  return text !== undefined && text !== '' && Number.isFinite(value) && value > 0 ? value : fallback;
}
