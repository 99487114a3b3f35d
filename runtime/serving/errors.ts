import { KatonicError, type Problem, toProblem } from '../errors.js';
import { OPAQUE, STATUS } from './status.js';

/** FastAPI's form, where the platform validates. */
export interface ValidationBody {
  readonly detail: readonly {
    readonly loc: readonly (string | number)[];
    readonly msg: string;
    readonly type: string;
  }[];
  readonly code: string;
  readonly remedy?: string;
  readonly id: string;
}

/** Every other error. `detail` is FastAPI's `HTTPException` form. */
export interface ErrorBody {
  readonly detail: string;
  readonly code: string;
  readonly remedy?: string;
  readonly where?: Problem['where'];
  /** The request's id: the log line of this error carries it. */
  readonly id: string;
}

export interface HttpError {
  readonly status: number;
  readonly body: ErrorBody | ValidationBody;
}

/** pydantic's `type` of each code that answers 422. */
const TYPES: Readonly<Record<string, string>> = {
  invalid_input: 'value_error',
  not_an_image: 'value_error.image',
  fetch_failed: 'value_error.url',
};

/** The HTTP form of an error. In production, what is about our side becomes an opaque id. */
export function toHttp(thrown: unknown, id: string, production: boolean): HttpError {
  const problem = toProblem(known(thrown));
  const { code, message, remedy, where } = problem;
  const status = STATUS[code];
  if (status === 422) {
    const detail = (problem.problems ?? [problem]).map((one) => ({
      loc: one.where?.field ?? ['body', 'data'],
      msg: one.message,
      type: TYPES[one.code] ?? 'value_error',
    }));
    return { status, body: { detail, code, ...(remedy === undefined ? {} : { remedy }), id } };
  }
  if (production && OPAQUE.has(code)) {
    return { status, body: { detail: 'an error on our side; quote the id', code, id } };
  }
  const place = where === undefined ? {} : { where };
  return { status, body: { detail: message, code, ...(remedy === undefined ? {} : { remedy }), ...place, id } };
}

/** Errors of express and its parsers carry a `status`; here they become ours. */
function known(thrown: unknown): unknown {
  if (thrown instanceof KatonicError || !(thrown instanceof Error)) return thrown;
  const { status, type } = thrown as Error & { status?: unknown; type?: unknown };
  if (typeof status !== 'number' || status < 400 || status >= 500) return thrown;
  const { message } = thrown;
  if (status === 413) return new KatonicError({ code: 'too_large', message: `the body is too large: ${message}` });
  if (status === 415) return new KatonicError({ code: 'unsupported_media_type', message });
  if (type === 'entity.parse.failed') {
    return new KatonicError({
      code: 'not_json',
      message: `expected a JSON body; ${message}`,
      where: { field: ['body'] },
    });
  }
  return new KatonicError({ code: 'bad_request', message });
}
