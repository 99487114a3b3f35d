import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, run } from '../support.js';

/**
 * The path of MobileNetV2 1.0 as ONNX, with random weights: made once, by Python's own onnx package.
 *
 * @param {'float' | 'uint8'} input normalised numbers, or pixels that the graph normalises
 */
export async function mobilenet(onProgress, input = 'float') {
  const file = join(cacheFolder, input === 'float' ? 'mobilenet-v2.onnx' : `mobilenet-v2-${input}.onnx`);
  if (existsSync(file)) return file;
  onProgress('writing MobileNetV2 as ONNX');
  const venv = join(cacheFolder, 'venv/onnx');
  if (!existsSync(join(venv, 'made'))) {
    await run('python3', ['-m', 'venv', '--clear', venv]);
    await run(join(venv, 'bin/python'), ['-m', 'pip', 'install', '-q', 'onnx==1.23.2', 'numpy==2.3.5']);
    writeFileSync(join(venv, 'made'), '');
  }
  const script = fileURLToPath(new URL('mobilenet.py', import.meta.url));
  await run(join(venv, 'bin/python'), [script, file, ...(input === 'float' ? [] : [input])]);
  return file;
}
