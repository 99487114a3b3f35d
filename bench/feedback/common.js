import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../dist/runtime/feedback/store.js';

/** Where every figure is measured: SQLite, and the PostgreSQL of DATABASE_URL where that is set. */
export function databases() {
  const url = process.env.DATABASE_URL;
  return [{ engine: 'SQLite' }, ...(url ? [{ engine: 'PostgreSQL', url }] : [])];
}

/** A store of its own: in this PostgreSQL, or in SQLite in a folder that goes when the process ends. */
export async function openBenchStore({ url }, labels = [0, 1, 2, 3, 4, 5]) {
  const dataDir = mkdtempSync(join(tmpdir(), 'katonic-bench-'));
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const store = await openStore({
    dataDir,
    databaseUrl: url,
    labels,
    modelType: 'multi-class',
    package: `bench ${Date.now()}`,
  });
  if (store.problem) throw new Error(store.problem.message);
  return store;
}

/** So many labels of their own for a model of many classes. */
export function manyLabels(count) {
  return Array.from({ length: count }, (_, i) => i);
}

/** A Markdown table. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
