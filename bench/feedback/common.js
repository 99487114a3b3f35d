import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../dist/runtime/feedback/store.js';

/** A store of its own: in the PostgreSQL of DATABASE_URL, or in SQLite in a folder that goes when the process ends. */
export async function openBenchStore(labels = [0, 1, 2, 3, 4, 5]) {
  const dataDir = mkdtempSync(join(tmpdir(), 'katonic-bench-'));
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const store = await openStore({
    dataDir,
    databaseUrl: process.env.DATABASE_URL,
    labels,
    modelType: 'multi-class',
    package: `bench ${Date.now()}`,
  });
  if (store.problem) throw new Error(store.problem.message);
  return store;
}

/** A Markdown table. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
