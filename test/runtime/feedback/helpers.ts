import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore, type Store, type StoreOptions } from '../../../runtime/feedback/store.js';
import type { PredictionEvent } from '../../../runtime/serving/events.js';

export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'katonic-feedback-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A real store, in SQLite in a folder of its own unless the options say otherwise. */
export async function aStore(options: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore({ dataDir: tempFolder(), labels: [1, 2, 3], modelType: 'multi-class', ...options });
  onTestFinished(() => store.close());
  return store;
}

export function prediction(event: Partial<PredictionEvent> = {}): PredictionEvent {
  return {
    id: `p${Math.random().toString(36).slice(2)}`,
    at: Date.now(),
    status: 200,
    stages: { queue: 1, decode: 5, infer: 20, total: 27 },
    recorded: { label: 1, confidence: 0.9 },
    ...event,
  };
}
