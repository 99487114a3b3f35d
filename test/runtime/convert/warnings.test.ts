import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { emit } from '../../../runtime/convert/emit.js';
import { floats } from '../../../runtime/convert/tensors.js';
import { temporaryFolder } from './files.js';
import { openAll } from './warnings.js';

it('a warning of ONNX Runtime is heard', async () => {
  const file = join(await temporaryFolder(), 'warns.onnx');
  const x = { name: 'x', dtype: 'float32', shape: [null, 2] } as const;
  const identity = { op: 'Identity', name: 'copy', inputs: ['x'], outputs: ['y'], attributes: {} };
  const constants = new Map([['unused', floats([1], [1])]]);
  await writeFile(file, emit({ inputs: [x], outputs: [{ ...x, name: 'y' }], nodes: [identity], constants }, 'test'));
  const { stdout, stderr } = openAll([file]);
  expect(stdout).toBe('opened 1');
  expect(stderr).toMatch(/Removing initializer 'unused'/);
});
