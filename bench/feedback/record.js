import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from '../serving/load.js';
import { cpuSeconds } from '../serving/processes.js';
import { median, progress } from '../support.js';
import { databases, table } from './common.js';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const SERVER = path('server.js');
const CONNECTIONS = 8;
const WAYS = ['bare', 'recorded', 'looked at'];

/**
 * What recording costs a prediction over HTTP: the server as it is against the same server which tells nobody what it
 * predicted (no log, no metrics, no figures), in alternating rounds; and once more while somebody has the page open. The
 * first package does nothing, so that all the time is the server's: the worst there is.
 */
export async function recordingBench({ quick, rounds }) {
  const folder = mkdtempSync(join(tmpdir(), 'katonic-bench-record-'));
  const body = (name, data) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify({ data }));
    return file;
  };
  const star = readFileSync(path('../../examples/shapes/samples/star.jpg'));
  const cases = [
    { name: 'does nothing', pkg: path('../serving/empty'), bodyFile: body('nothing', 'nothing') },
    { name: '`examples/shapes`', pkg: path('../../examples/shapes'), bodyFile: body('star', star.toString('base64')) },
  ];
  const rows = [];
  for (const { engine, url } of databases()) {
    for (const one of cases) {
      progress(`recording: ${one.name}, ${engine}`);
      rows.push([
        one.name,
        engine,
        ...(await compare(one, url, folder, quick ? 2 : Math.max(5, rounds), quick ? 2 : 8)),
      ]);
    }
  }
  rmSync(folder, { recursive: true, force: true });
  const head = ['package', 'database', 'bare, predictions/s', 'recorded', 'looked at'];
  return table([...head, 'bare, processor ms a prediction', 'recorded', 'looked at'], rows);
}

/** The cells of a row: throughput, then processor time, each with its ratio to `bare` (median of the rounds, and their range). */
async function compare({ pkg, bodyFile }, databaseUrl, folder, rounds, seconds) {
  const servers = {
    bare: await start(pkg, folder, 'bare'),
    recorded: await start(pkg, folder, 'recorded', databaseUrl),
  };
  servers['looked at'] = servers.recorded;
  const run = async (way, duration) => {
    const { child, url } = servers[way];
    const look = way === 'looked at' ? await open(`${url}/api/v1/monitoring/stream?window=hour`) : undefined;
    const before = cpuSeconds(child.pid);
    const { perSecond, answered, refused, failed } = await load({
      url: `${url}/predict`,
      type: 'application/json',
      bodyFile,
      connections: CONNECTIONS,
      seconds: duration,
    });
    look?.abort();
    if (refused + failed > 0) throw new Error(`${way}: ${refused} refused and ${failed} failed of ${answered}`);
    return { perSecond, cpuMs: ((cpuSeconds(child.pid) - before) * 1000) / answered };
  };
  const measured = [];
  try {
    for (const way of WAYS) await run(way, 1); // warms up
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? WAYS : [...WAYS].reverse();
      const results = {};
      for (const way of order) results[way] = await run(way, seconds);
      measured.push(results);
    }
  } finally {
    for (const { child } of [servers.bare, servers.recorded]) child.kill('SIGKILL');
  }
  const cells = (figure, digits) => [
    median(measured.map((round) => round.bare[figure])).toFixed(digits),
    ...['recorded', 'looked at'].map((way) => ratios(measured.map((round) => round[way][figure] / round.bare[figure]))),
  ];
  return [...cells('perSecond', 0), ...cells('cpuMs', 2)];
}

function ratios(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(3));
  return `${median(values).toFixed(3)} (${low} to ${high})`;
}

async function start(pkg, folder, mode, databaseUrl = '') {
  const dataDir = mkdtempSync(join(folder, 'data-'));
  const child = spawn(process.execPath, [SERVER, pkg, dataDir, mode], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the server (${mode}) ended with ${code}`);
    }),
  ]);
  return { child, url: String(line).trim() };
}

/** Reads a stream of figures as the page does, until it is aborted. */
async function open(url) {
  const controller = new AbortController();
  const { body } = await fetch(url, { signal: controller.signal });
  (async () => {
    for await (const _ of body);
  })().catch((error) => {
    if (!controller.signal.aborted) throw error;
  });
  return controller;
}
