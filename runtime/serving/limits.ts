import type { Settings } from '../settings.js';

/** The limits in words: for the banner, the summary at `/`, and the docs page. */
export function limitsInWords(settings: Settings): Readonly<Record<string, string>> {
  const { maxBody, maxPixels, queue, timeoutMs, fetchTimeoutMs, workers } = settings;
  return {
    body: `${trim(maxBody / 1024 / 1024)} MB`,
    pixels: `${trim(maxPixels / 1e6)} megapixels`,
    queue: `${queue} waiting requests`,
    timeout: `${trim(timeoutMs / 1000)} s`,
    'URL fetch': `${trim(fetchTimeoutMs / 1000)} s`,
    workers: String(workers),
  };
}

function trim(value: number): string {
  return String(Math.round(value * 100) / 100);
}
