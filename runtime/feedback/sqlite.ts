import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import Libsql from 'libsql';
import type { Opened } from './database.js';
import type { Tables } from './tables.js';
import { unavailable } from './unavailable.js';

const DATABASE_FILE = 'feedback.db';

/** Throws KatonicError `not_ready` where the folder or the file cannot be written. */
export function openSqlite(dataDir: string): Opened {
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
    throw unavailable('sqlite', file, error);
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
