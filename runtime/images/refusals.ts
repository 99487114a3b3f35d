import { type ErrorCode, KatonicError } from '../errors.js';

export const FORMATS = 'JPEG, PNG, WebP, GIF, TIFF or AVIF';

/** A picture that is refused: the caller's mistake, so the sentence names the field of the request. */
export function refuse(code: ErrorCode, message: string, remedy: string, cause?: unknown): KatonicError {
  return new KatonicError(
    { code, message, remedy, where: { field: ['body', 'data'] } },
    cause === undefined ? undefined : { cause },
  );
}

/** `12.3 MB`, in units of 1,000,000 bytes; small sizes in bytes. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
