import { fileTypeFromBuffer } from 'file-type';
import type { KatonicError } from '../errors.js';
import { FORMATS, refuse } from './refusals.js';

export type Format = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'heif';

const HEVC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);

/**
 * The format by its first bytes; names and content types that came with a picture are not believed. Only formats
 * found here ever reach libvips: SVG and PDF have loaders there that read far more than pixels.
 */
export function sniff(bytes: Uint8Array): Format | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xd8 && c === 0xff) return 'jpeg';
  if (a === 0x89 && ascii(bytes, 1, 4) === 'PNG') return 'png';
  if (ascii(bytes, 0, 4) === 'GIF8') return 'gif';
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP') return 'webp';
  if (a === 0x49 && b === 0x49 && (c === 0x2a || c === 0x2b) && d === 0) return 'tiff';
  if (a === 0x4d && b === 0x4d && c === 0 && (d === 0x2a || d === 0x2b)) return 'tiff';
  if (ascii(bytes, 4, 8) === 'ftyp' && brands(bytes).some((brand) => brand === 'avif' || brand === 'avis'))
    return 'heif';
  return undefined;
}

/** What to tell someone whose bytes {@link sniff} did not accept. */
export async function unreadable(bytes: Uint8Array): Promise<KatonicError> {
  if (ascii(bytes, 4, 8) === 'ftyp' && brands(bytes).some((brand) => HEVC_BRANDS.has(brand))) return heicRefusal();
  const start = Buffer.from(bytes.subarray(0, 1024)).toString('latin1').trimStart().toLowerCase();
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) {
    return refuse(
      'not_an_image',
      'A picture was expected, a web page came.',
      'Give the address of the picture itself, not of a page that shows it.',
    );
  }
  if (start.startsWith('<') && start.includes('<svg')) return vectorRefusal('SVG');
  if (start.startsWith('%pdf')) return vectorRefusal('PDF');
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
  if (found?.mime.startsWith('image/')) {
    return refuse(
      'not_an_image',
      `A ${FORMATS} picture was expected, a ${found.ext.toUpperCase()} (${found.mime}) came.`,
      'Convert it to JPEG or PNG first.',
    );
  }
  const came =
    found === undefined
      ? `${bytes.length} bytes that are no picture`
      : `a ${found.ext.toUpperCase()} file (${found.mime})`;
  return refuse(
    'not_an_image',
    `A ${FORMATS} picture was expected, ${came} came.`,
    'Send the bytes of a picture file.',
  );
}

export function heicRefusal(): KatonicError {
  return refuse(
    'not_an_image',
    'HEIC pictures (HEVC, the default of iPhones) cannot be decoded here: that codec is patented and not part of this build.',
    'Convert it to JPEG (on an iPhone: Settings, Camera, Formats, "Most Compatible"; elsewhere: heif-convert picture.heic picture.jpg).',
  );
}

function vectorRefusal(name: string): KatonicError {
  return refuse(
    'not_an_image',
    `A ${FORMATS} picture was expected, ${name} came, which is refused for safety.`,
    'Draw it to PNG first.',
  );
}

/** The brands of an ISO media file: the major one and the compatible ones. */
function brands(bytes: Uint8Array): string[] {
  const length = Math.min(((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0), bytes.length, 256);
  const found = [ascii(bytes, 8, 12)];
  for (let at = 16; at + 4 <= length; at += 4) found.push(ascii(bytes, at, at + 4));
  return found;
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}
