/** Where something is wrong: a field of a request body, or a place in a file. */
export interface Where {
  /** FastAPI's `loc`, for example `['body', 'data']`. */
  readonly field?: readonly (string | number)[];
  readonly file?: string;
  readonly line?: number;
  readonly function?: string;
}

/** Every code an answer can carry. The HTTP status of each stands in `serving/status.ts`, once. */
export type ErrorCode =
  | 'bad_request'
  | 'not_json'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'too_large'
  | 'headers_too_large'
  | 'unsupported_media_type'
  | 'invalid_input'
  | 'not_an_image'
  | 'fetch_failed'
  | 'queue_full'
  | 'user_code'
  | 'worker_lost'
  | 'not_ready'
  | 'timeout'
  | 'package'
  | 'engine'
  | 'usage'
  | 'internal';

export interface Problem {
  readonly code: ErrorCode;
  /** One sentence: what was expected and what came. */
  readonly message: string;
  /** One sentence: what to do. */
  readonly remedy?: string;
  readonly where?: Where;
  /** The stack of user code, for the log and, in development, for its author. */
  readonly stack?: string;
  /** Where several fields of one body are wrong: each of them, the first one being this problem itself. */
  readonly problems?: readonly Problem[];
}

/**
 * The one error class of the project. Its HTTP form is made in `serving/errors.ts`, its terminal form in
 * `cli/errors.ts`; between processes it travels as the plain `Problem` that {@link toProblem} gives.
 */
export class KatonicError extends Error {
  override readonly name: string = 'KatonicError';
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly where: Where | undefined;
  readonly problems: readonly Problem[] | undefined;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.code = problem.code;
    this.remedy = problem.remedy;
    this.where = problem.where;
    this.problems = problem.problems;
    if (problem.stack !== undefined) this.stack = problem.stack;
  }
}

/**
 * Thrown by a launch module to refuse an input: the caller gets 422 with this sentence
 * (a `ValueError` on the Python platform). Any other exception is a 500.
 */
export class InputError extends KatonicError {
  override readonly name: string = 'InputError';

  constructor(message: string, options?: { field?: readonly (string | number)[]; remedy?: string }) {
    super({
      code: 'invalid_input',
      message,
      where: { field: options?.field ?? ['body', 'data'] },
      ...(options?.remedy === undefined ? {} : { remedy: options.remedy }),
    });
  }
}

/** The plain form of any thrown value; a value that is no {@link KatonicError} gets `fallback` as its code. */
export function toProblem(thrown: unknown, fallback: ErrorCode = 'internal'): Problem {
  if (thrown instanceof KatonicError) {
    return {
      code: thrown.code,
      message: thrown.message,
      ...(thrown.remedy === undefined ? {} : { remedy: thrown.remedy }),
      ...(thrown.where === undefined ? {} : { where: thrown.where }),
      ...(thrown.problems === undefined ? {} : { problems: thrown.problems }),
      ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
    };
  }
  if (thrown instanceof Error) {
    return { code: fallback, message: thrown.message, ...(thrown.stack === undefined ? {} : { stack: thrown.stack }) };
  }
  return { code: fallback, message: `a value that is no Error was thrown: ${String(thrown)}` };
}

/** The outcome of one check of a package: what `check`, `package` and the generator's model reading report. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'note';
  /** Stable and short, for example `launch/missing-function`. */
  readonly rule: string;
  readonly message: string;
  readonly remedy?: string;
  /** Relative to the package. */
  readonly file?: string;
  readonly line?: number;
}
