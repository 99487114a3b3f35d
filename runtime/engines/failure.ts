import { KatonicError } from '../errors.js';

/** An error about a model file or an engine. */
export function engineError(message: string, remedy: string, file?: string, cause?: unknown): KatonicError {
  const where = file === undefined ? {} : { where: { file } };
  return new KatonicError({ code: 'engine', message, remedy, ...where }, cause === undefined ? undefined : { cause });
}

/** The first line of any thrown value, for a sentence. */
export function firstLine(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim()
      .slice(0, 300) ?? 'no reason given'
  );
}
