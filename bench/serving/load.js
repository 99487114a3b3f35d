// Load from a process of its own, so that it shares no event loop with what it measures.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';

const me = fileURLToPath(import.meta.url);

/**
 * @param {{url: string, type: string, bodyFile: string, connections: number, seconds: number}} task
 * @returns {Promise<{perSecond: number, p50: number, p99: number, answered: number, refused: number, failed: number}>}
 *   milliseconds; `refused` counts answers that are not 2xx, `failed` connections that gave none
 */
export async function load(task) {
  const child = fork(me, [JSON.stringify(task)]);
  const [figures] = await once(child, 'message');
  return figures;
}

if (process.send && process.argv[1] === me) {
  const { url, type, bodyFile, connections, seconds } = JSON.parse(process.argv[2]);
  const result = await autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': type },
    body: readFileSync(bodyFile), // its command line would read a picture as text
    connections,
    duration: seconds,
    timeout: 60,
  });
  process.send({
    perSecond: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    answered: result['2xx'],
    refused: result.non2xx,
    failed: result.errors + result.timeouts,
  });
  process.disconnect();
}
