// Load from a process of its own, so that it shares no event loop with what it measures.
import { fileURLToPath } from 'node:url';
import { run } from '../support.js';

const autocannon = fileURLToPath(import.meta.resolve('autocannon'));

/**
 * @returns {Promise<{perSecond: number, p50: number, p99: number, answered: number, refused: number, failed: number}>}
 *   milliseconds; `refused` counts answers that are not 2xx, `failed` connections that gave none
 */
export async function load({ url, type, bodyFile, connections, seconds }) {
  const args = [
    autocannon,
    '-j',
    '-m',
    'POST',
    '-c',
    connections,
    '-d',
    seconds,
    '-t',
    60,
    '-H',
    `content-type=${type}`,
    '-i',
    bodyFile,
    url,
  ];
  const result = JSON.parse(await run(process.execPath, args.map(String)));
  return {
    perSecond: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    answered: result['2xx'],
    refused: result.non2xx,
    failed: result.errors + result.timeouts,
  };
}
