import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkPackage } from '../../../runtime/launch/check.js';
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

it('a schema that demands more than a picture is served, without a warm-up', async () => {
  const pkg = temporaryPackage(`
    export const loadmodel = () => 1;
    export const preprocessing = () => false;
    export const predict = () => 'one';`);
  const schema = readdirSync(pkg.dir).find((name) => name.startsWith('schema.')) as string;
  writeFileSync(
    join(pkg.dir, schema),
    `import Joi from 'joi';
     export const PredictSchema = Joi.object({ data: Joi.string().required(), age: Joi.number().required() });`,
  );
  mkdirSync(join(pkg.dir, 'samples'));
  cpSync(join(packageRoot, 'examples/shapes/samples/circle.jpg'), join(pkg.dir, 'samples/circle.jpg'));
  const served = await serveFixture(pkg.dir);
  try {
    expect(served.info.warmUp).toEqual({
      done: false,
      detail: expect.stringMatching(/^skipped: the schema does not take a picture alone \(.*age.*\)$/),
    });
    const findings = await checkPackage(pkg.dir);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(findings).toMatchObject([{ rule: 'samples/refused' }]);
  } finally {
    await served.close();
    pkg.remove();
  }
}, 60_000);
