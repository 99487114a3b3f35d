import { KatonicError } from '../errors.js';
import type { Engine } from './migrations.js';

const REMEDIES: Readonly<Record<Engine, string>> = {
  postgres: 'Start the database or correct DATABASE_URL; without DATABASE_URL feedback is kept in a SQLite file.',
  sqlite: 'Give a folder that can be written with --data-dir (KATONIC_DATA_DIR), or a PostgreSQL with DATABASE_URL.',
};

/** `not_ready`, for what a database said. */
export function unavailable(engine: Engine, where: string, cause: unknown): KatonicError {
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new KatonicError(
    {
      code: 'not_ready',
      message: `feedback cannot be stored in ${where}: ${reason}`,
      remedy: REMEDIES[engine],
      where: { file: where },
    },
    { cause },
  );
}
