import { type Kysely, type Migration, type MigrationProvider, sql } from 'kysely';

export type Engine = 'sqlite' | 'postgres';

/** The schema in steps. A step that has been released is never changed: add the next one. */
export function migrations(engine: Engine): MigrationProvider {
  const steps: Record<string, Migration> = { '0001_feedback_and_predictions': first(engine) };
  return { getMigrations: async () => steps };
}

function first(engine: Engine): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('feedback')
        .addColumn('id', engine === 'postgres' ? 'bigserial' : 'integer', (column) => column.primaryKey())
        .addColumn('package', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addColumn('prediction_id', 'text')
        .addColumn('predicted', 'text', (column) => column.notNull())
        .addColumn('actual', 'text', (column) => column.notNull())
        .addColumn('confidence', 'double precision')
        .execute();
      // Partial: one feedback for each prediction, while feedback without an id costs no index entry.
      await db.schema
        .createIndex('feedback_prediction')
        .on('feedback')
        .columns(['package', 'prediction_id'])
        .unique()
        .where(sql.ref('prediction_id'), 'is not', null)
        .execute();
      await counts(db, 'feedback_counts', ['predicted', 'actual'], []).execute();
      await counts(db, 'calibration_counts', [], ['bin'], ['correct', 'confidence']).execute();
      await counts(db, 'prediction_counts', ['label'], ['status']).execute();
      await counts(db, 'latency_counts', ['stage'], ['bin'], ['sum']).execute();
      await predictions(db);
    },
  };
}

async function predictions(db: Kysely<unknown>): Promise<void> {
  let table = db.schema
    .createTable('predictions')
    .addColumn('package', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('status', 'integer', (column) => column.notNull())
    .addColumn('label', 'text')
    .addColumn('confidence', 'double precision');
  for (const stage of ['queue', 'fetch', 'decode', 'preprocess', 'infer', 'total']) {
    table = table.addColumn(`${stage}_ms`, 'double precision');
  }
  await table.addPrimaryKeyConstraint('predictions_key', ['package', 'id']).execute();
  await db.schema.createIndex('predictions_age').on('predictions').columns(['package', 'at']).execute();
}

/** A table of counts: its key is the bucket and what is counted, so that an upsert adds to it. */
function counts(
  db: Kysely<unknown>,
  name: string,
  textKeys: readonly string[],
  integerKeys: readonly string[],
  sums: readonly string[] = [],
) {
  let table = db.schema
    .createTable(name)
    .addColumn('package', 'text', (column) => column.notNull())
    .addColumn('grain', 'bigint', (column) => column.notNull())
    .addColumn('bucket', 'bigint', (column) => column.notNull());
  for (const key of textKeys) table = table.addColumn(key, 'text', (column) => column.notNull());
  for (const key of integerKeys) table = table.addColumn(key, 'integer', (column) => column.notNull());
  table = table.addColumn('count', 'bigint', (column) => column.notNull());
  for (const sum of sums) table = table.addColumn(sum, 'double precision', (column) => column.notNull());
  const key = ['package', 'grain', 'bucket', ...textKeys, ...integerKeys] as never[];
  return table.addPrimaryKeyConstraint(`${name}_key`, key);
}
