import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { KatonicError } from '../errors.js';
import type { Opened } from './database.js';
import type { Tables } from './tables.js';

/** PostgreSQL's number for the type `bigint`. */
const INT8 = 20;

/** Connects when it is first asked. Throws KatonicError `usage` where the URL is none. */
export function openPostgres(url: string): Opened {
  const where = withoutPassword(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 5000,
    // A server that is cut off must not hold requests for ever.
    query_timeout: 30_000,
    types: {
      // Counts and milliseconds stay below 2^53; pg gives bigint as text otherwise.
      getTypeParser: ((oid: number, format?: 'text') =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  });
  // An idle connection that breaks must not end the process; the next query reports it.
  pool.on('error', () => undefined);
  return { db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }), engine: 'postgres', where };
}

function withoutPassword(url: string): string {
  try {
    const { protocol, username, host, pathname } = new URL(url);
    return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`;
  } catch {
    throw new KatonicError({
      code: 'usage',
      message: 'DATABASE_URL: expected postgres://user:password@host:5432/database, got something that is no URL',
      remedy: 'Correct DATABASE_URL, or remove it to keep feedback in a SQLite file.',
    });
  }
}
