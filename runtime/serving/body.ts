import type { Request, Response } from 'express';
import multer, { type StorageEngine } from 'multer';
import { KatonicError } from '../errors.js';
import type { Body } from '../workers/frames.js';

/** What goes to a worker: a JSON body as it came, or a picture. */
export interface Sent {
  readonly content: 'json' | 'bytes';
  readonly body: Body;
}

/** `as: 'json'` takes the body for JSON whatever its type says. Throws KatonicError for a body that is refused. */
export type ReadBody = (req: Request, res: Response, as?: 'json') => Promise<Sent>;

const FIELDS = 8;
/** What a form may add to its file: boundaries, part headers, small fields. */
const FORM_EXTRA = 64 * 1024;

/**
 * Reads the body of a request: JSON is not parsed, `image/*` and `application/octet-stream` are a picture, multipart
 * brings a picture as its file. All bodies in flight together are bounded, besides each one: `maxHeld` bytes. So one
 * reader serves every route.
 */
export function bodyReader(maxBody: number, maxHeld = Math.max(16 * maxBody, 256 * 1024 * 1024)): ReadBody {
  const hold = holder(maxHeld);
  const upload = multer({
    storage: inChunks,
    limits: { fileSize: maxBody, files: 1, fields: FIELDS, parts: FIELDS + 1, fieldSize: maxBody, fieldNameSize: 200 },
  }).any();

  return async (req, res, as) => {
    refuseCompressed(req);
    const kind = as ?? kindOf(req);
    const limit = maxBody + (kind === 'multipart' ? FORM_EXTRA : 0);
    const announced = Number(req.headers['content-length'] ?? 0);
    if (announced > limit) {
      discard(req, res);
      throw tooLarge(maxBody, announced);
    }
    return new Promise<Sent>((resolve, reject) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const stop = (error: unknown): void => {
        req.off('data', take);
        req.unpipe();
        discard(req, res);
        reject(error);
      };
      const take = (chunk: Buffer): void => {
        length += chunk.length;
        if (length > limit) stop(tooLarge(maxBody));
        else if (!hold(res, chunk.length)) stop(tooManyBytes(maxHeld));
        else if (kind !== 'multipart') chunks.push(chunk);
      };
      req.on('data', take);
      req.once('error', reject);
      if (kind !== 'multipart') {
        req.once('end', () => resolve({ content: kind, body: chunks }));
        return;
      }
      upload(req, res, (thrown: unknown) => {
        if (thrown !== undefined && thrown !== null) stop(fromMulter(thrown, maxBody));
        else fromForm(req).then(resolve, reject);
      });
    });
  };
}

interface InChunks {
  readonly chunks: readonly Buffer[];
}

/** Keeps a form's file in memory, in the chunks in which it comes: multer's own `memoryStorage` copies them into one. */
const inChunks: StorageEngine = {
  _handleFile(_req, { stream }, done) {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('error', done);
    stream.once('end', () => done(null, { chunks } as object));
  },
  _removeFile(_req, _file, done) {
    done(null);
  },
};

/** Counts the bytes that requests hold, from their arrival until the answer has left; `false` past the limit. */
function holder(limit: number): (res: Response, bytes: number) => boolean {
  let held = 0;
  const own = new WeakMap<Response, number>();
  return (res, bytes) => {
    if (held + bytes > limit) return false;
    const before = own.get(res);
    own.set(res, (before ?? 0) + bytes);
    held += bytes;
    if (before === undefined) {
      res.once('close', () => {
        held -= own.get(res) ?? 0;
      });
    }
    return true;
  };
}

function refuseCompressed(req: Request): void {
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw unsupported(`a body with Content-Encoding: ${encoding}`, 'Send it as it is, without compression.');
}

function kindOf(req: Request): 'json' | 'bytes' | 'multipart' {
  const type = (req.headers['content-type'] ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json' || type.endsWith('+json')) return 'json';
  if (type.startsWith('image/') || type === 'application/octet-stream') return 'bytes';
  if (type === 'multipart/form-data') return 'multipart';
  throw unsupported(`Content-Type: ${type}`, TYPE_REMEDY);
}

async function fromForm(req: Request): Promise<Sent> {
  const [file] = (req.files ?? []) as Express.Multer.File[];
  if (file !== undefined) return { content: 'bytes', body: (file as unknown as InChunks).chunks };
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
    remedy: 'Send a smaller picture, or fewer labels; or raise --max-body (KATONIC_MAX_BODY).',
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

/** Who sends a picture without a type gets the one of a form from curl, so both ways are named. */
const TYPE_REMEDY = 'For a picture: curl -F "file=@picture.jpg"; for JSON: -H "Content-Type: application/json".';

function unsupported(came: string, remedy: string): KatonicError {
  return new KatonicError({
    code: 'unsupported_media_type',
    message: `expected application/json, multipart/form-data, image/* or application/octet-stream; came ${came}`,
    remedy,
  });
}
