import { KatonicError } from '../errors.js';

/** An export that cannot be read: what was expected and what was found, what to do, in which file. */
export function refuse(message: string, remedy: string, file?: string, cause?: unknown): KatonicError {
  return new KatonicError(
    { code: 'package', message, remedy, ...(file === undefined ? {} : { where: { file } }) },
    cause === undefined ? undefined : { cause },
  );
}

/** `3 classes`, `1 class`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** A list for a sentence, at most `limit` of it. */
export function listed(values: readonly string[], limit = 5): string {
  const shown = values.slice(0, limit).join(', ');
  return values.length > limit ? `${shown} and ${values.length - limit} more` : shown;
}
