// `npm run bench -- tfjs`: TensorFlow.js models in tfjs-node, in WebAssembly and converted to ONNX. One picture, one thread.
// With KATONIC_TEST_DATA the Teachable Machine export in it; without, a MobileNetV2 of the same width.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, progress, run } from '../support.js';
import { writeMobileNetV2 } from './mobilenet-v2.js';

const ENGINES = ['tfjs-node', 'wasm', 'onnx'];
const ONE = fileURLToPath(new URL('./one.js', import.meta.url));

/** @param {{quick: boolean}} options `quick`: 2 rounds of 10 pictures in place of 5 of 40 */
export async function tfjsBench({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), 'katonic-bench-tfjs-'));
  try {
    const parts = [];
    for (const [name, path] of await models(folder)) {
      parts.push(`### ${name}\n\n${await measure(name, path, join(folder, 'cache'), quick)}`);
    }
    return parts.join('\n\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function models(folder) {
  const foreign = join(process.env.KATONIC_TEST_DATA ?? '', 'teachable-machine/model.json');
  const small =
    process.env.KATONIC_TEST_DATA && existsSync(foreign)
      ? ['Teachable Machine export (MobileNetV2 0.35)', foreign]
      : ['MobileNetV2 0.35', await writeMobileNetV2(join(folder, '0.35'), 0.35)];
  return [small, ['MobileNetV2 1.0', await writeMobileNetV2(join(folder, '1.0'), 1)]];
}

async function measure(name, path, cache, quick) {
  progress(`${name}: converting`);
  const converting = performance.now();
  await one(path, 'onnx', 1, cache);
  const once = performance.now() - converting;
  const found = new Map();
  // In turns, so that a slow minute of the machine is shared by all.
  for (let round = 1; round <= (quick ? 2 : 5); round++) {
    for (const engine of ENGINES) {
      progress(`${name}: ${engine}, round ${round}`);
      const result = await one(path, engine, quick ? 10 : 40, cache);
      if (result !== undefined) found.set(engine, [...(found.get(engine) ?? []), result]);
    }
  }
  const rows = ENGINES.filter((engine) => found.has(engine)).map((engine) => summary(found.get(engine)));
  const ours = rows.at(-1);
  const lines = rows.map(
    ({ engine, picture, cpu, first, rss }) =>
      `| ${engine} | ${picture.toFixed(1)} | ${(picture / ours.picture).toFixed(1)} x | ${cpu.toFixed(1)} | ${(cpu / ours.cpu).toFixed(1)} x | ${Math.round(first)} | ${Math.round(rss / 1e6)} |`,
  );
  return [
    `Medians; CPU time is what a busy machine changes least. The first answer from the start of opening (ours: from the cache). Converted and compared once in ${(once / 1000).toFixed(1)} s.`,
    '',
    '| engine | ms a picture | against ours | CPU ms | against ours | first answer, ms | RSS, MB |',
    '|---|---:|---:|---:|---:|---:|---:|',
    ...lines,
  ].join('\n');
}

function summary(results) {
  return {
    engine: results[0].name,
    picture: median(results.flatMap(({ times }) => times)),
    cpu: median(results.map(({ cpu }) => cpu)),
    first: median(results.map(({ firstAnswer }) => firstAnswer)),
    rss: median(results.map(({ rss }) => rss)),
  };
}

/** `undefined` where the engine is not installed. */
async function one(path, engine, runs, cache) {
  try {
    const out = await run(process.execPath, [ONE, path, engine, String(runs), cache]);
    return JSON.parse(out.trim().split('\n').at(-1));
  } catch (error) {
    if (engine === 'onnx') throw error;
    progress(
      `${engine} is left out: ${String(error.stderr ?? error.message)
        .trim()
        .split('\n')
        .at(-1)}`,
    );
    return undefined;
  }
}
