import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compiled, packageRoot } from '../../../runtime/package-root.js';
import { cases, expected, exportsFolder, pictures } from './parity.js';

const work = mkdtempSync(join(tmpdir(), 'served-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** One of each kind, and the forms of input and output that differ most. */
const names = [
  'teachable-machine',
  'teachable-machine-grey',
  'tfjs-layers',
  'tfjs-layers-rescaling',
  'tfjs-layers-sigmoid',
  'tfjs-graph-logits',
  'automl-tfjs',
  'custom-vision-tfjs',
  'custom-vision-onnx',
  'custom-vision-onnx-s1',
  'huggingface-resnet',
  'huggingface-mobilevit',
  'huggingface-multi-label',
  'ultralytics-cls',
  'pytorch-mobilenet',
  'pytorch-one-logit',
  'pytorch-not-square',
  'onnx-uint8-nhwc',
  'onnx-float16',
  'onnx-external-data',
  'sklearn-zipmap',
  'tf2onnx-nhwc',
];

function environment(): NodeJS.ProcessEnv {
  const env = Object.entries(process.env).filter(([name]) => !/^(KATONIC_|VITEST|NODE_ENV$)/.test(name));
  return { ...Object.fromEntries(env), KATONIC_WORKERS: '1' };
}

/** By flags alone, as `yo katonic-classifier` takes them; this checkout stands for the installed package. */
function scaffold(name: string): string {
  const folder = join(work, name);
  const flags = Object.entries(cases[name]!.answers ?? {}).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  const cli = compiled('generators/cli.js');
  execFileSync(
    process.execPath,
    [cli, folder, '--yes', '--skip-install', '--model', join(exportsFolder, name), ...flags],
    { cwd: work, env: environment(), stdio: 'pipe', timeout: 120_000 },
  );
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(packageRoot, join(folder, 'node_modules', 'generator-katonic-classifier'));
  return folder;
}

function serve(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [compiled('runtime/cli/cli.js'), 'serve', '--port', '0'], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let printed = '';
    const hear = (chunk: Buffer): void => {
      printed += chunk.toString();
      const url = /POST (http:\S+\/predict)/.exec(printed)?.[1];
      if (url !== undefined) resolve({ child, url });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', (code) => reject(new Error(`serve ended with ${code}: ${printed}`)));
  });
}

describe('scaffolded by flags and served over HTTP, answers agree with the export’s own tool', () => {
  test.each(names)('%s', async (name) => {
    const { child, url } = await serve(scaffold(name));
    try {
      for (const picture of pictures) {
        const body = readFileSync(join(exportsFolder, 'pictures', picture));
        const type = picture.endsWith('.png') ? 'image/png' : 'image/jpeg';
        const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
        const answer = (await response.json()) as { probabilities: Record<string, number> };
        expect(response.status, JSON.stringify(answer)).toBe(200);
        const ours = Object.values(answer.probabilities);
        const off = Math.max(...expected(name, picture).map((value, index) => Math.abs(value - ours[index]!)));
        expect(off, picture).toBeLessThanOrEqual(cases[name]!.tolerance);
      }
    } finally {
      child.kill('SIGTERM');
    }
  });
});
