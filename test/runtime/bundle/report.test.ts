import { describe, expect, it } from 'vitest';
import { asText } from '../../../runtime/bundle/package-command.js';
import { sizeByPart, sizeFindings } from '../../../runtime/bundle/report.js';

const files = (sizes: Record<string, number>) =>
  Object.fromEntries(Object.entries(sizes).map(([path, bytes]) => [path, { sha256: '', bytes }]));

describe('the size report', () => {
  const some = files({
    'launch.py': 1000,
    'model/model.onnx': 90e6,
    'app/launch.js': 10,
    'app/node_modules/@img/sharp-linux-x64/lib/x.node': 5e6,
    'app/node_modules/sharp/lib/index.js': 5e5,
    'app/node_modules/generator-katonic-classifier/dist/x.js': 3e5,
    'app/node_modules/small/index.js': 10,
    'app/node_modules/@scope/smaller/index.js': 5,
  });

  it('counts by part, the largest first', () => {
    expect(sizeByPart(some)).toEqual([
      { part: 'model', bytes: 90e6, files: 1 },
      { part: 'sharp', bytes: 5.5e6, files: 2 },
      { part: 'runtime', bytes: 3e5, files: 1 },
      { part: 'platform files', bytes: 1000, files: 1 },
      { part: 'other libraries', bytes: 15, files: 2 },
      { part: 'launch module', bytes: 10, files: 1 },
    ]);
  });

  it('warns above 80 MB and says what makes it large', () => {
    expect(sizeFindings(some, sizeByPart(some), 'zip')).toMatchObject([
      {
        severity: 'warning',
        message: 'the upload is 95.8 MB unpacked; most of it: model 90.0 MB, sharp 5.5 MB, runtime 0.30 MB',
      },
    ]);
    const small = files({ 'model/model.onnx': 1e6 });
    expect(sizeFindings(small, sizeByPart(small), 'zip')).toEqual([]);
  });

  it('warns of files that hosts of git repositories refuse', () => {
    const large = files({ 'model/model.onnx': 101e6 });
    const rules = (form: 'zip' | 'folder') => sizeFindings(large, sizeByPart(large), form).map(({ rule }) => rule);
    expect(rules('zip')).toEqual(['package/size']);
    expect(rules('folder')).toEqual(['package/size', 'package/git-limit']);
  });

  it('prints findings with their places, and that nothing was written', () => {
    const finding = {
      severity: 'error',
      rule: 'x',
      message: 'it is wrong',
      remedy: 'make it right',
      file: 'launch.ts',
      line: 3,
    } as const;
    expect(asText({ bytes: 0, files: 0, parts: [], versions: {}, findings: [finding] })).toBe(
      'error: launch.ts:3: it is wrong\n  make it right\nnothing was written: correct the errors above\n',
    );
  });
});
