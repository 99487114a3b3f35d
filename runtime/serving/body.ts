import type { Request, Response } from 'express';
import multer from 'multer';
import { KatonicError } from '../errors.js';

/** What goes to a worker: a JSON body as it came, or a picture. */
export interface Sent {
  readonly content: 'json' | 'bytes';
  readonly body: Buffer;
}

export type ReadBody = (req: Request, res: Response) => Promise<Sent>;

const FIELDS = 8;

/**
 * Reads the body of a predict request: JSON is not parsed, `image/*` and `application/octet-stream` are a picture,
 * multipart brings a picture as its file. All bodies in flight together are bounded, besides each one: `maxHeld` bytes.
 */
export function bodyReader(maxBody: number, maxHeld = Math.max(16 * maxBody, 256 * 1024 * 1024)): ReadBody {
  let held = 0;
  const upload = multer({
    storage: multer.memoryStorage(),
    limits: { fileSize: maxBody, files: 1, fields: FIELDS, parts: FIELDS + 1, fieldSize: maxBody, fieldNameSize: 200 },
  }).any();

  const hold = (res: Response, bytes: number): void => {
    if (held + bytes > maxHeld) throw tooManyBytes(maxHeld);
    held += bytes;
    res.once('close', () => {
      held -= bytes;
    });
  };

  const readWhole = (req: Request, res: Response): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const stop = (error: KatonicError): void => {
        req.off('data', take);
        discard(req, res);
        reject(error);
      };
      const take = (chunk: Buffer): void => {
        length += chunk.length;
        if (length > maxBody) stop(tooLarge(maxBody));
        else if (held + length > maxHeld) stop(tooManyBytes(maxHeld));
        else chunks.push(chunk);
      };
      req.on('data', take);
      req.once('end', () => {
        try {
          hold(res, length);
          resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length));
        } catch (thrown) {
          reject(thrown);
        }
      });
      req.once('error', reject);
    });

  const readMultipart = (req: Request, res: Response): Promise<Sent> =>
    new Promise((resolve, reject) => {
      upload(req, res, (thrown: unknown) => {
        if (thrown !== undefined && thrown !== null) {
          discard(req, res);
          return reject(fromMulter(thrown, maxBody));
        }
        try {
          const sent = fromForm(req);
          hold(res, sent.body.length);
          resolve(sent);
        } catch (error) {
          reject(error);
        }
      });
    });

  return async (req, res) => {
    const kind = kindOf(req);
    const announced = Number(req.headers['content-length'] ?? 0);
    if (announced > maxBody + (kind === 'multipart' ? 64 * 1024 : 0)) {
      discard(req, res);
      throw tooLarge(maxBody, announced);
    }
    if (kind === 'multipart') return readMultipart(req, res);
    return { content: kind, body: await readWhole(req, res) };
  };
}

function kindOf(req: Request): 'json' | 'bytes' | 'multipart' {
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw unsupported(`a body with Content-Encoding: ${encoding}`);
  const type = (req.headers['content-type'] ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json' || type.endsWith('+json')) return 'json';
  if (type.startsWith('image/') || type === 'application/octet-stream') return 'bytes';
  if (type === 'multipart/form-data') return 'multipart';
  throw unsupported(`Content-Type: ${type}`);
}

function fromForm(req: Request): Sent {
  const [file] = (req.files ?? []) as Express.Multer.File[];
  if (file !== undefined) return { content: 'bytes', body: file.buffer };
  const { data } = (req.body ?? {}) as { data?: unknown };
  if (typeof data === 'string') return { content: 'json', body: Buffer.from(JSON.stringify({ data })) };
  throw new KatonicError({
    code: 'invalid_input',
    message: 'expected one file in the form, or a field named data; neither came',
    remedy: 'With curl: -F "file=@picture.jpg".',
    where: { field: ['body', 'data'] },
  });
}

/** Lets the rest of a refused body pass by, so that the caller gets to read the answer; not for ever. */
function discard(req: Request, res: Response): void {
  req.resume();
  const timer = setTimeout(() => req.destroy(), 10_000);
  timer.unref();
  req.once('end', () => clearTimeout(timer));
  res.once('close', () => clearTimeout(timer));
}

function fromMulter(thrown: unknown, maxBody: number): unknown {
  const { code, message } = thrown as { code?: unknown; message?: unknown };
  if (code === 'LIMIT_FILE_SIZE' || code === 'LIMIT_FIELD_VALUE') return tooLarge(maxBody);
  if (typeof code === 'string' && code.startsWith('LIMIT_')) {
    return new KatonicError({
      code: 'invalid_input',
      message: `expected one file in the form; ${String(message)}`,
      remedy: 'Send one picture a request.',
      where: { field: ['body', 'data'] },
    });
  }
  return new KatonicError({
    code: 'bad_request',
    message: `expected a multipart/form-data body; ${String(message)}`,
    remedy: 'Let the HTTP library write the form: it sets the boundary in Content-Type.',
  });
}

function tooLarge(limit: number, came?: number): KatonicError {
  const size = came === undefined ? '' : `; ${came} bytes are announced`;
  return new KatonicError({
    code: 'too_large',
    message: `expected a body of at most ${limit} bytes${size}`,
    remedy: 'Send a smaller picture, or raise --max-body (KATONIC_MAX_BODY).',
    where: { field: ['body'] },
  });
}

function tooManyBytes(limit: number): KatonicError {
  return new KatonicError({
    code: 'queue_full',
    message: `the bodies in flight hold ${limit} bytes already, which is the limit`,
    remedy: 'Ask again after Retry-After seconds; the limit follows --max-body (KATONIC_MAX_BODY).',
  });
}

function unsupported(came: string): KatonicError {
  return new KatonicError({
    code: 'unsupported_media_type',
    message: `expected application/json, multipart/form-data, image/* or application/octet-stream; came ${came}`,
    remedy: 'With curl: -H "Content-Type: application/json".',
  });
}
