import type { ImageLimits } from './limits.js';
import { bytesInWords, refuse } from './refusals.js';
import { whileFetching } from './request.js';
import { timed } from './stages.js';

const FORMS = 'an http(s) URL, a data URI, base64 text or the bytes of a picture';
const FORMS_CAPITAL = `A${FORMS.slice(1)}`;

/**
 * The encoded bytes of a picture, from any form that `data` can have.
 *
 * @throws {KatonicError} `invalid_input`, `too_large`, `fetch_failed`, all with `where.field` `['body', 'data']`.
 */
export async function readBytes(
  data: string | Uint8Array,
  limits: ImageLimits,
  signal?: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = await encoded(data, limits, signal);
  if (bytes.length === 0) throw refuse('invalid_input', 'The picture is empty (0 bytes).', `Send ${FORMS}.`);
  if (bytes.length > limits.maxBytes) throw tooManyBytes(bytes.length, limits);
  return bytes;
}

async function encoded(data: unknown, limits: ImageLimits, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (data instanceof Uint8Array) return data;
  if (typeof data !== 'string') {
    const came = data === null ? 'null' : Array.isArray(data) ? 'an array' : typeof data;
    throw refuse('invalid_input', `${FORMS_CAPITAL} was expected, ${came} came.`, 'Send the picture as text or bytes.');
  }
  const text = data.trim();
  if (/^https?:/i.test(text)) return timed('fetch', () => whileFetching(() => download(text, limits, signal)));
  if (/^data:/i.test(text)) return fromDataUri(text, limits);
  const scheme = /^([a-z][a-z0-9+.-]{1,15}):/i.exec(text)?.[1];
  if (scheme?.toLowerCase() === 'file') throw fileName(text);
  if (scheme !== undefined) {
    throw refuse('invalid_input', `A URL must start with http: or https:, ${scheme}: came.`, `Send ${FORMS}.`);
  }
  return fromBase64(text, limits);
}

/** Who sends no URL does not wait, when the process starts, for what asks for one. */
async function download(url: string, limits: ImageLimits, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const { fetchBytes } = await import('./fetch.js');
  return fetchBytes(url, limits, signal === undefined ? {} : { signal });
}

function fromDataUri(text: string, limits: ImageLimits): Uint8Array {
  const comma = text.indexOf(',');
  if (comma === -1) {
    throw refuse(
      'invalid_input',
      'A data URI needs a comma before its content; none came.',
      'Write data:image/jpeg;base64,<content>.',
    );
  }
  if (/;\s*base64\s*$/i.test(text.slice(0, Math.min(comma, 1000)))) return fromBase64(text.slice(comma + 1), limits);
  if (text.length - comma > limits.maxBytes * 3) throw tooManyBytes(text.length - comma, limits);
  return percentDecoded(text.slice(comma + 1));
}

/** Node's decoder skips what is no base64, so a count that falls short is what gives a wrong character away. */
function fromBase64(text: string, limits: ImageLimits): Uint8Array {
  if ((text.length * 3) / 4 > limits.maxBytes * 1.1 + 4) throw tooManyBytes((text.length * 3) / 4, limits);
  const clean = text.includes('%') ? text.replaceAll(/%(2b|2f|3d)/gi, (code) => decodeURIComponent(code)) : text;
  const bytes = Buffer.from(clean, 'base64');
  const letters = unpadded(clean);
  if (letters % 4 !== 1 && bytes.length === Math.floor((letters * 3) / 4)) return bytes;
  const dense = clean.replaceAll(/\s+/g, '');
  const wrong = /[^A-Za-z0-9+/_-]/.exec(dense.slice(0, unpadded(dense)))?.[0];
  if (wrong !== undefined || unpadded(dense) % 4 === 1) {
    if (isFileName(text)) throw fileName(text);
    const why = wrong === undefined ? 'its length cannot be' : `it holds ${JSON.stringify(wrong)}`;
    throw refuse(
      'invalid_input',
      `${FORMS_CAPITAL} was expected; the text that came is no base64: ${why}.`,
      'Check how the picture was encoded.',
    );
  }
  return bytes;
}

/** A short text that ends as a picture's file does, or has folders and an extension. */
function isFileName(text: string): boolean {
  if (text.length > 260 || text.includes('\n')) return false;
  return /\.(jpe?g|png|webp|gif|avif|tiff?|bmp|svg|heic)$/i.test(text) || /[\\/].*\.\w{1,5}$/.test(text);
}

function fileName(text: string) {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
  return refuse(
    'invalid_input',
    `${FORMS_CAPITAL} was expected; ${shown} looks like the name of a file, and the server reads no files by name.`,
    'Send the file itself: curl -F "file=@picture.jpg".',
  );
}

function unpadded(text: string): number {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x3d) end--;
  return end;
}

function percentDecoded(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'latin1');
  let to = 0;
  for (let at = 0; at < bytes.length; at++, to++) {
    const code = bytes[at] === 0x25 ? Number.parseInt(bytes.toString('latin1', at + 1, at + 3), 16) : Number.NaN;
    bytes[to] = Number.isNaN(code) ? (bytes[at] as number) : code;
    if (!Number.isNaN(code)) at += 2;
  }
  return bytes.subarray(0, to);
}

export function tooManyBytes(bytes: number, limits: ImageLimits) {
  return refuse(
    'too_large',
    `A picture of at most ${bytesInWords(limits.maxBytes)} was expected, ${bytesInWords(bytes)} came.`,
    'Send a smaller picture, or raise KATONIC_MAX_BODY.',
  );
}
