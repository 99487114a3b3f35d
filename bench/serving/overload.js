// Ten times more requests than the server can answer: what becomes of those it takes, and how quickly it refuses the rest.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { residentMb } from './processes.js';

const me = fileURLToPath(import.meta.url);
const TIMES = 10;

/**
 * @param server as contenders.js starts it
 * @param {number} capacity requests a second that it answered before
 * @returns offered, accepted, refused and failed requests, milliseconds, and resident MB before and at the end
 */
export async function overload(server, { type, bodyFile }, capacity, seconds) {
  const url = server.url + server.contender.multipart;
  const before = residentMb(server.child.pid);
  const child = fork(me, [JSON.stringify({ url, type, bodyFile, perSecond: TIMES * capacity, seconds })]);
  const [figures] = await once(child, 'message');
  return { capacity, ...figures, rssBefore: before, rssAfter: residentMb(server.child.pid) };
}

if (process.send && process.argv[1] === me) {
  const { url, type, bodyFile, perSecond, seconds } = JSON.parse(process.argv[2]);
  const body = readFileSync(bodyFile);
  const agent = new Agent({ keepAlive: true, maxSockets: 1500 });
  const times = { accepted: [], refused: [] };
  const others = {};
  const other = (what) => {
    others[what] = (others[what] ?? 0) + 1;
  };
  const one = () =>
    new Promise((resolve) => {
      const start = performance.now();
      const headers = { 'content-type': type, 'content-length': body.length };
      const sending = request(url, { method: 'POST', agent, headers }, (response) => {
        response.resume().on('end', () => {
          const ms = performance.now() - start;
          if (response.statusCode === 200) times.accepted.push(ms);
          else if (response.statusCode === 429) times.refused.push(ms);
          else other(response.statusCode);
          resolve();
        });
      });
      sending.on('error', ({ code }) => {
        other(code);
        resolve();
      });
      sending.end(body);
    });
  const begin = performance.now();
  const running = [];
  while (performance.now() - begin < seconds * 1000) {
    while (running.length < ((performance.now() - begin) / 1000) * perSecond) running.push(one());
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(running);
  const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))];
  const of = (values) => ({ count: values.length, p50: quantile(values, 0.5), p99: quantile(values, 0.99) });
  process.send({ offered: running.length, seconds, accepted: of(times.accepted), refused: of(times.refused), others });
  process.disconnect();
  agent.destroy();
}
