// The limit of sharp and ONNX Runtime on this machine: decode and infer in a loop, in as many processes as the servers use, with no HTTP.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pipeline } from './pipeline.js';

const me = fileURLToPath(import.meta.url);

/**
 * @returns {Promise<{perSecond: number, cpuPerRequest: number}>} pictures a second of all processes, CPU seconds of one
 */
export async function limit({ processes, seconds, model, file }) {
  const results = await Promise.all(Array.from({ length: processes }, () => loop({ seconds, model, file })));
  const count = results.reduce((sum, one) => sum + one.count, 0);
  const cpu = results.reduce((sum, one) => sum + one.cpu, 0);
  return { perSecond: results.reduce((sum, one) => sum + one.count / one.elapsed, 0), cpuPerRequest: cpu / count };
}

function loop(task) {
  return new Promise((resolve, reject) => {
    const child = fork(me, [JSON.stringify(task)], { env: { ...process.env, BENCH_MODEL: task.model } });
    child.once('message', resolve);
    child.once('exit', (code) => code !== 0 && reject(new Error(`the limit loop ended with ${code}`)));
  });
}

if (process.send && process.argv[1] === me) {
  const { seconds, file } = JSON.parse(process.argv[2]);
  const { default: sharp } = await import('sharp');
  sharp.concurrency(1);
  const { loadmodel, preprocessing, predict } = pipeline(await import('generator-katonic-classifier/runtime'));
  const model = await loadmodel();
  const bytes = readFileSync(file);
  const once = async () => predict(await preprocessing(bytes), model);
  for (let warm = 0; warm < 5; warm += 1) await once();
  const [startCpu, start] = [process.cpuUsage(), performance.now()];
  let count = 0;
  while (performance.now() - start < seconds * 1000) {
    await once();
    count += 1;
  }
  const { user, system } = process.cpuUsage(startCpu);
  process.send({ count, elapsed: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 });
  process.disconnect();
}
