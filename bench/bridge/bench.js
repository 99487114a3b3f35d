// What the way through Python costs: our server, FastAPI with an upload of ours, FastAPI with a launch.py in pure Python.
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packagePackage } from '../../dist/runtime/bundle/package.js';
import { mobilenet } from '../models/mobilenet.js';
import { jsonBody } from '../serving/bodies.js';
import { environmentOf, start, stop } from '../serving/contenders.js';
import { load } from '../serving/load.js';
import { picture as makePicture } from '../serving/pictures.js';
import { progress, run } from '../support.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const platform = join(here, '../../test/platform');
const cli = join(here, '../../dist/runtime/cli/cli.js');
const MEGAPIXELS = 0.2;

/** A report in Markdown. `quick` measures for seconds instead of minutes. */
export async function bridgeBench({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), 'katonic-bench-bridge-'));
  try {
    const model = await mobilenet(progress);
    const python = await environmentOf('fastapi', progress);
    const upload = await makeUpload(folder, model);
    progress('the way there and back, with nothing to do');
    const env = { ...process.env, KATONIC_NODE: process.execPath, BENCH_EMPTY: '1' };
    const rounds = quick ? 200 : 2000;
    const ways = JSON.parse(await run(python, [join(here, 'roundtrip.py'), upload, String(rounds)], { env }));
    const rows = await overHttp({ folder, upload, python, model, seconds: quick ? 3 : 20 });
    return `${wayReport(ways, rounds)}\n\n${httpReport(rows)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeUpload(folder, model) {
  const dir = join(folder, 'package');
  cpSync(join(here, 'package'), dir, { recursive: true });
  mkdirSync(join(dir, 'model'));
  copyFileSync(model, join(dir, 'model/mobilenet-v2.onnx'));
  const external = `${model}.data`;
  if (existsSync(external)) copyFileSync(external, join(dir, 'model/mobilenet-v2.onnx.data'));
  const out = join(folder, 'upload');
  const { path, findings } = await packagePackage(dir, { out, onStep: progress });
  if (path === undefined) throw new Error(findings.map(({ message }) => message).join('\n'));
  return out;
}

/** All with one process that infers, one thread. */
function contendersOf(folder, upload) {
  const uvicorn = (port, python) =>
    `${python} -m uvicorn --app-dir ${platform} app:app --port ${port} --log-level warning --no-access-log`.split(' ');
  const json = '/api/v1/predict';
  const body = function json(data) {
    return { type: 'application/json', body: JSON.stringify({ data }) };
  };
  const ours = (port) => [
    process.execPath,
    cli,
    'serve',
    join(folder, 'package'),
    '--port',
    String(port),
    '--workers',
    '1',
  ];
  return [
    { name: 'our server', command: ours, cwd: folder, env: { KATONIC_DATA_DIR: join(folder, 'data') }, json, body },
    { name: 'FastAPI + bridge', command: uvicorn, cwd: upload, env: { KATONIC_NODE: process.execPath }, json, body },
    { name: 'FastAPI + Python', command: uvicorn, cwd: join(here, 'python'), env: {}, json, body },
  ];
}

async function overHttp({ folder, upload, python, model, seconds }) {
  const picture = await makePicture(MEGAPIXELS);
  const rows = [];
  for (const contender of contendersOf(folder, upload)) {
    progress(`${contender.name}: starting`);
    const server = await start(contender, { python, model, picture });
    try {
      const { type, bodyFile } = jsonBody(folder, contender, picture, MEGAPIXELS);
      const row = { name: contender.name };
      for (const connections of [1, 8]) {
        progress(`${contender.name}: ${connections} at once`);
        const request = { url: server.url + contender.json, type, bodyFile, connections };
        await load({ ...request, seconds: 2 });
        row[connections] = await load({ ...request, seconds });
      }
      rows.push(row);
    } finally {
      await stop(server);
    }
  }
  return rows;
}

function wayReport(ways, rounds) {
  const rows = Object.entries(ways).map(
    ([size, { p50, p99 }]) => `| ${size} | ${p50.toFixed(2)} | ${p99.toFixed(2)} |`,
  );
  const worst = Math.max(...Object.values(ways).map(({ p50 }) => p50));
  return [
    `The bridge alone (\`launch.predict\` with a launch module that does nothing, ${rounds} rounds a size, sizes in turn; joi's validation included):`,
    '',
    '| bytes of `data` | median ms | p99 ms |',
    '|--:|--:|--:|',
    ...rows,
    '',
    `The largest of these medians is ${worst.toFixed(2)} ms; the goal is 1 ms: ${worst <= 1 ? 'met' : 'missed'}.`,
  ].join('\n');
}

function httpReport(rows) {
  const cells = ({ perSecond, p50, p99, refused, failed }) =>
    `${perSecond.toFixed(1)} | ${p50} | ${p99}${refused + failed > 0 ? ` (${refused + failed} failed)` : ''}`;
  return [
    `MobileNetV2 on ONNX Runtime, a JPEG of ${MEGAPIXELS} megapixels as base64, one process that infers:`,
    '',
    '| | 1 at once: requests/s | p50 ms | p99 ms | 8 at once: requests/s | p50 ms | p99 ms |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...rows.map((row) => `| ${row.name} | ${cells(row[1])} | ${cells(row[8])} |`),
  ].join('\n');
}
