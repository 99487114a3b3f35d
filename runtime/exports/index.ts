import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAnswers, type ExportAnswers } from './answers.js';
import type { ExportReader } from './facts.js';
import { explainForeign } from './foreign.js';
import { automl } from './kinds/automl.js';
import { customVision } from './kinds/custom-vision.js';
import { huggingFace } from './kinds/huggingface.js';
import { plainOnnx } from './kinds/plain-onnx.js';
import { teachableMachine } from './kinds/teachable-machine.js';
import { tfjsGraph } from './kinds/tfjs-graph.js';
import { tfjsLayers } from './kinds/tfjs-layers.js';
import { ultralytics } from './kinds/ultralytics.js';
import type { ExportReading } from './reading.js';
import { settle } from './settle.js';
import { narrow, openSource } from './source/open.js';
import { baseOf } from './source/source.js';

/** The kinds of exports, the most specific first. A new kind is a new file and a line here. */
const readers: readonly ExportReader[] = [
  customVision,
  teachableMachine,
  automl,
  huggingFace,
  ultralytics,
  tfjsLayers,
  tfjsGraph,
  plainOnnx,
];

/**
 * Reads what another tool exported: which kind it is, how it wants a picture, what its output means, its class names.
 * Comes in: the path of a folder, a model.json, an .onnx file or a zip, and what a person answered by flags or
 * questions. Goes out: the reading, with everything that the export does not say listed in `assumed`. It never runs
 * code of the model, writes nothing but temporary folders (until `dispose`), and asks nothing.
 *
 * @throws {KatonicError} `package`: nothing known is there, or it is damaged, or of a kind that cannot be served.
 * @throws {KatonicError} `usage`: an answer that no model takes, or that this graph cannot follow.
 */
export async function readExport(path: string, answers: Partial<ExportAnswers> = {}): Promise<ExportReading> {
  checkAnswers(answers);
  const opened = await openSource(path);
  const temporary: string[] = [];
  const dispose = async (): Promise<void> => {
    await opened.dispose();
    await Promise.all(temporary.map((folder) => rm(folder, { recursive: true, force: true })));
  };
  try {
    const source = narrow(opened.source, (file) => /\.onnx$/i.test(file) || baseOf(file) === 'model.json');
    // Who names a file means that file, not what lies beside it.
    const known = source.chosen === undefined || /\.(onnx|json)$/i.test(source.chosen) ? readers : [];
    for (const reader of known) {
      if (!(await reader.recognises(source))) continue;
      const facts = await reader.read(source);
      const reading = settle(facts, answers);
      if (facts.rewritten === undefined) return { ...reading, dispose };
      const folder = await mkdtemp(join(tmpdir(), 'katonic-model-'));
      temporary.push(folder);
      const from = join(folder, facts.modelFile);
      await writeFile(from, facts.rewritten());
      return {
        ...reading,
        files: reading.files.map((each) => (each.to === facts.modelFile ? { ...each, from } : each)),
        dispose,
      };
    }
    throw await explainForeign(source);
  } catch (error) {
    await dispose();
    throw error;
  }
}
