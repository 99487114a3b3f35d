import { KatonicError } from '../../runtime/errors.js';

/** An answer that cannot be taken: the reason, shown at the question or after the name of the flag. */
export function refusal(reason: string, remedy?: string): KatonicError {
  return new KatonicError({ code: 'usage', message: reason, ...(remedy === undefined ? {} : { remedy }) });
}

/** `reason. remedy`, on one line, of anything thrown. */
export function sentence(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const remedy = thrown instanceof KatonicError ? thrown.remedy : undefined;
  const reason = thrown.message.replace(/[.\s]+$/, '');
  return remedy === undefined ? reason : `${reason}. ${remedy}`;
}
