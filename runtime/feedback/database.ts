import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, Migrator, PostgresDialect, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import Libsql from 'libsql';
import pg from 'pg';
import { KatonicError } from '../errors.js';
import { type Engine, migrations } from './migrations.js';
import type { Tables } from './tables.js';

/** A database that feedback is kept in. */
export interface Database {
  readonly db: Kysely<Tables>;
  readonly engine: Engine;
  /** For the banner: the file, or the server without its password. */
  readonly where: string;
  /**
   * Brings the schema up to date, once; after a failure it tries again when it is called again.
   * Throws KatonicError `not_ready` while the database cannot be written.
   */
  ready(): Promise<void>;
}

export const DATABASE_FILE = 'feedback.db';

/** The most values one statement may carry: SQLite allows 32,766, PostgreSQL 65,535. */
export const MAX_PARAMETERS = 30_000;

/** SQLite works on the server's own thread: between statements of this size it answers other requests. */
export const ROWS_AT_ONCE = 1000;

/**
 * PostgreSQL when a URL is given, else the SQLite file in `dataDir`.
 *
 * @throws KatonicError `not_ready` when the folder cannot be written, `usage` when the URL is none.
 */
export function openDatabase(dataDir: string, databaseUrl?: string): Database {
  const database = databaseUrl ? openPostgres(databaseUrl) : openSqlite(dataDir);
  let migrated: Promise<void> | undefined;
  return {
    ...database,
    ready() {
      migrated ??= migrate(database).catch((error) => {
        migrated = undefined;
        throw unavailable(database.where, error, remedyFor(database.engine));
      });
      return migrated;
    },
  };
}

type Opened = Omit<Database, 'ready'>;

async function migrate({ db, engine }: Opened): Promise<void> {
  const { error } = await new Migrator({ db, provider: migrations(engine) }).migrateToLatest();
  if (error !== undefined) throw error;
}

function openSqlite(dataDir: string): Opened {
  const file = join(dataDir, DATABASE_FILE);
  let database: InstanceType<typeof Libsql>;
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK);
    // SQLite opens a file that can only be read, and says so at the first write.
    if (existsSync(file)) accessSync(file, constants.W_OK);
    database = new Libsql(file);
    // FULL: an answered feedback is on the disk, so that it survives a power cut too, not only a killed process.
    for (const pragma of ['busy_timeout = 5000', 'journal_mode = WAL', 'synchronous = FULL']) database.pragma(pragma);
  } catch (error) {
    throw unavailable(file, error, remedyFor('sqlite'));
  }
  const dialect = new SqliteDialect({ database: writingAtOnce(database) });
  return { db: new Kysely<Tables>({ dialect }), engine: 'sqlite', where: file };
}

/**
 * Every transaction here writes, so it takes the write lock as it begins. A statement inside it that finds the lock taken
 * would stay open in libsql, and hold the connection to an old snapshot: no later write would succeed.
 */
function writingAtOnce(database: InstanceType<typeof Libsql>): SqliteDatabase {
  const begin: SqliteStatement = {
    reader: false,
    all: () => [],
    iterate: () => [][Symbol.iterator](),
    run: () => {
      database.exec('begin immediate');
      return { changes: 0, lastInsertRowid: 0 };
    },
  };
  return {
    prepare: (text) => (text === 'begin' ? begin : database.prepare(text)),
    close: () => void database.close(),
  };
}

const INT8 = 20;

function openPostgres(url: string): Opened {
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

function remedyFor(engine: Engine): string {
  return engine === 'postgres'
    ? 'Start the database or correct DATABASE_URL; without DATABASE_URL feedback is kept in a SQLite file.'
    : 'Give a folder that can be written with --data-dir (KATONIC_DATA_DIR), or a PostgreSQL with DATABASE_URL.';
}

function unavailable(where: string, cause: unknown, remedy: string): KatonicError {
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new KatonicError(
    { code: 'not_ready', message: `feedback cannot be stored in ${where}: ${reason}`, remedy, where: { file: where } },
    { cause },
  );
}
