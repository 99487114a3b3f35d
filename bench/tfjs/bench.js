// `npm run bench -- tfjs`: TensorFlow.js models in tfjs-node, in WebAssembly and converted to ONNX. One picture, one thread.
// With KATONIC_TEST_DATA the Teachable Machine export in it; without, a MobileNetV2 of the same width.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, progress, run } from '../support.js';
import { writeMobileNetV2 } from './mobilenet-v2.js';
import { ENGINES, tfjsReport } from './report.js';

/** By the width of MobileNetV2: at least so many times as fast as tfjs-node and as WebAssembly. */
const GOALS = { narrow: { 'tfjs-node': 8, wasm: 12 }, full: { 'tfjs-node': 4, wasm: 15 } };
const ONE = fileURLToPath(new URL('./one.js', import.meta.url));

/** @param {{quick: boolean}} options `quick`: 2 rounds of 10 pictures in place of 5 of 40 */
export async function tfjsBench({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), 'katonic-bench-tfjs-'));
  try {
    const parts = [];
    for (const [name, path, goals] of await models(folder)) {
      parts.push(`### ${name}\n\n${tfjsReport(await measure(name, path, join(folder, 'cache'), quick), goals)}`);
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
      ? ['Teachable Machine export (MobileNetV2 0.35)', foreign, GOALS.narrow]
      : ['MobileNetV2 0.35', await writeMobileNetV2(join(folder, '0.35'), 0.35), GOALS.narrow];
  return [small, ['MobileNetV2 1.0', await writeMobileNetV2(join(folder, '1.0'), 1), GOALS.full]];
}

async function measure(name, path, cache, quick) {
  progress(`${name}: converting`);
  const converting = performance.now();
  await one(path, 'onnx', 1, cache);
  const once = performance.now() - converting;
  const found = Object.fromEntries(ENGINES.map((engine) => [engine, []]));
  const missing = {};
  // In turns, so that a slow minute of the machine is shared by all.
  for (let round = 1; round <= (quick ? 2 : 5); round++) {
    for (const engine of ENGINES) {
      if (engine in missing) continue;
      progress(`${name}: ${engine}, round ${round}`);
      try {
        found[engine].push(await one(path, engine, quick ? 10 : 40, cache));
      } catch (error) {
        if (engine === 'onnx') throw error;
        missing[engine] = firstError(error);
      }
    }
  }
  const measured = ENGINES.filter((engine) => !(engine in missing));
  return { once, rows: Object.fromEntries(measured.map((engine) => [engine, summary(found[engine])])), missing };
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

async function one(path, engine, runs, cache) {
  const out = await run(process.execPath, [ONE, path, engine, String(runs), cache]);
  return JSON.parse(out.trim().split('\n').at(-1));
}

function firstError(error) {
  const lines = String(error.stderr || error.message).split('\n');
  return (lines.find((line) => /error/i.test(line)) ?? lines[0]).trim();
}
