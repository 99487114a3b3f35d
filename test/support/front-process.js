// A front process of its own, for tests that kill it: `node front-process.js DIR SETTINGS`. Prints one line of JSON when ready.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServing } from '../../dist/runtime/serving/serve.js';
import { handleSignals } from '../../dist/runtime/serving/signals.js';
import { readSettings } from '../../dist/runtime/settings.js';

const [dir, given] = process.argv.slice(2);
const dataDir = mkdtempSync(join(tmpdir(), 'katonic-front-'));
const settings = { ...readSettings({}, {}), port: 0, workers: 1, dataDir, ...JSON.parse(given) };
const print = (message) => console.error(message);
const logger = { debug: print, info: print, warning: print, error: print, exception: print };
const serving = await startServing({ dir, settings, logger });
handleSignals(serving, logger, settings.graceMs);
const ready = () => serving.pool.stats().workers.filter(({ state }) => state === 'ready');
while (ready().length < settings.workers) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(JSON.stringify({ url: serving.url, pids: ready().map(({ pid }) => pid) }));
