import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, run } from '../support.js';

/** The path of MobileNetV2 1.0 as ONNX, with random weights: made once, by Python's own onnx package. */
export async function mobilenet(onProgress) {
  const file = join(cacheFolder, 'mobilenet-v2.onnx');
  if (existsSync(file)) return file;
  onProgress('writing MobileNetV2 as ONNX');
  const venv = join(cacheFolder, 'venv/onnx');
  await run('python3', ['-m', 'venv', venv]);
  await run(join(venv, 'bin/python'), ['-m', 'pip', 'install', '-q', 'onnx==1.23.2', 'numpy']);
  await run(join(venv, 'bin/python'), [fileURLToPath(new URL('mobilenet.py', import.meta.url)), file]);
  return file;
}
