import { type Kysely, Migrator } from 'kysely';
import { type Engine, migrations } from './migrations.js';
import type { Tables } from './tables.js';
import { unavailable } from './unavailable.js';

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

/** The most values one statement may carry: SQLite allows 32,766, PostgreSQL 65,535. */
export const MAX_PARAMETERS = 30_000;

/** SQLite works on the server's own thread: between statements of this size it answers other requests. */
export const ROWS_AT_ONCE = 1000;

/**
 * PostgreSQL when a URL is given, else the SQLite file in `dataDir`.
 *
 * @throws KatonicError `not_ready` when the folder cannot be written, `usage` when the URL is none.
 */
export async function openDatabase(dataDir: string, databaseUrl?: string): Promise<Database> {
  const database = databaseUrl
    ? (await import('./postgres.js')).openPostgres(databaseUrl)
    : (await import('./sqlite.js')).openSqlite(dataDir);
  let migrated: Promise<void> | undefined;
  return {
    ...database,
    ready() {
      migrated ??= migrate(database).catch((error) => {
        migrated = undefined;
        throw unavailable(database.engine, database.where, error);
      });
      return migrated;
    },
  };
}

/** A database whose schema may be old, or missing. */
export type Opened = Omit<Database, 'ready'>;

async function migrate({ db, engine }: Opened): Promise<void> {
  const { error } = await new Migrator({ db, provider: migrations(engine) }).migrateToLatest();
  if (error !== undefined) throw error;
}
