import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** Opens each file as we serve it, and names it where ONNX Runtime has something to say from a warning on. */
const SCRIPT = `const ort = require('onnxruntime-node');
(async () => {
  for (const file of process.argv.slice(1)) {
    const session = await ort.InferenceSession.create(file, { logSeverityLevel: 2, graphOptimizationLevel: 'all', logId: file });
    await session.release();
  }
  console.log('opened ' + (process.argv.length - 1));
})();`;

/** ONNX Runtime warns on the terminal of its process, so it gets one of its own. */
export function openAll(files: readonly string[]): { stdout: string; stderr: string } {
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', SCRIPT, ...files], { encoding: 'utf8' });
  return { stdout: stdout.trim(), stderr };
}
