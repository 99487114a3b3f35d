import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../runtime/package-root.js';
import { serveFixture, temporaryPackage } from '../../support/serve.js';

const model = JSON.stringify(join(packageRoot, 'examples/shapes/model/model.json'));

const launch = (opening: string) => `
  import { openModel } from 'generator-katonic-classifier/runtime';
  export const loadmodel = () => ${opening};
  export const preprocessing = () => false;
  export const predict = () => 'one';
  export const predictBatch = (list) => list.map(() => 'batch');`;

it.each([
  ['with an engine that gains from them', `openModel(${model}, { engine: 'wasm' })`, 8],
  ['not with ONNX Runtime on a CPU', `openModel(${model}, { engine: 'onnx' })`, 1],
  ['where the module opens no model here', 'null', 8],
])('batches are formed %s', async (_, opening, batch) => {
  const pkg = temporaryPackage(launch(opening));
  const served = await serveFixture(pkg.dir);
  try {
    expect(served.info.batch).toBe(batch);
  } finally {
    await served.close();
    pkg.remove();
  }
});
