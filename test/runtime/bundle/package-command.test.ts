import { describe, expect, it } from 'vitest';
import { asText } from '../../../runtime/bundle/package-command.js';
import type { BundleReport } from '../../../runtime/bundle/report.js';

const NOTHING: BundleReport = { bytes: 0, files: 0, parts: [], versions: {}, findings: [] };

describe('the report of package for a terminal', () => {
  it('lists findings with their place, named once, and says that nothing was written', () => {
    const error = { severity: 'error', rule: 'package/x' } as const;
    const findings = [
      { ...error, message: 'model/key looks like a key', remedy: 'move it out', file: 'model/key' },
      { ...error, message: 'this line holds a token', file: 'launch.ts', line: 7 },
      { ...error, message: 'a name is missing', file: 'package.json' },
      { ...error, message: 'of no file' },
    ];
    expect(asText({ ...NOTHING, findings })).toBe(
      [
        'error: model/key looks like a key\n  move it out',
        'error: launch.ts:7: this line holds a token',
        'error: package.json: a name is missing',
        'error: of no file',
        'nothing was written: correct the errors above\n',
      ].join('\n'),
    );
  });

  it('says where the bundle is, its sizes and its hash', () => {
    const parts = [
      { part: 'model', bytes: 14_200_000, files: 2 },
      { part: 'samples', bytes: 5_000, files: 1 },
    ];
    const report = { ...NOTHING, path: 'x.zip', bytes: 14_205_000, zipBytes: 12_000_000, sha256: 'ab', parts };
    expect(asText(report)).toBe(
      'x.zip\n14.2 MB unpacked, 12.0 MB as a zip\n    14.2 MB  model (2 files)\n    0.01 MB  samples (1 file)\nSHA-256 ab\n',
    );
  });
});
