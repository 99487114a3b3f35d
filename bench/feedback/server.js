// One server of the recording benchmark: `node server.js FOLDER DATA_FOLDER recorded|bare`. Prints its address when every worker is ready.
import { createLogger } from '../../dist/runtime/cli/logger.js';
import { requirePackage } from '../../dist/runtime/launch/package.js';
import { createApp } from '../../dist/runtime/serving/app.js';
import { bodyReader } from '../../dist/runtime/serving/body.js';
import { tuneGarbageCollection } from '../../dist/runtime/serving/garbage-collection.js';
import { listen } from '../../dist/runtime/serving/listen.js';
import { startServing } from '../../dist/runtime/serving/serve.js';
import { childEnvironment, readSettings } from '../../dist/runtime/settings.js';
import { Pool } from '../../dist/runtime/workers/pool.js';

const [folder, dataDir, mode] = process.argv.slice(2);
const settings = { ...readSettings({}, process.env), port: 0, dataDir };
const logger = await createLogger();
const { url, pool } = mode === 'bare' ? await bare() : await startServing({ dir: folder, settings, logger });
const ready = () => pool.stats().workers.filter(({ state }) => state === 'ready').length;
while (ready() < settings.workers) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(url);

/** The same server, which tells nobody what it predicted. */
async function bare() {
  tuneGarbageCollection();
  const { workers, queue, timeoutMs } = settings;
  const pkg = await requirePackage(folder);
  const env = { ...process.env, ...childEnvironment(settings, folder) };
  const pool = new Pool({ packageDir: folder, env, workers, queue, timeoutMs, behindFront: true, logger });
  await pool.start();
  const observation = { onPrediction() {}, routers: { prefixed: [], root: [] }, endStreams() {} };
  const readBody = bodyReader(settings.maxBody);
  const app = createApp({ pkg: () => pkg, settings, pool, readBody, observation, logger });
  return { url: (await listen(app, settings.host, settings.port)).url, pool };
}
