import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkPackage } from '../../../runtime/launch/check.js';
import { fixtures, makePackage } from './harness.js';

const LAUNCH = (predict: string, top = '') =>
  `${top}export const loadmodel = () => 1; export const preprocessing = () => false;\nexport const predict = ${predict};`;

// Few packages with several faults each: every check starts two processes, one of which checks types.
describe('checkPackage', () => {
  it('finds nothing in a package that is right', async () => {
    expect(await checkPackage(join(fixtures, 'minimal-ts'))).toEqual([]);
  }, 120_000);

  it('finds what only running it shows, type errors against the runtime it has not installed, and version ranges', async () => {
    const findings = await checkPackage(
      await makePackage(
        {
          'launch.ts': LAUNCH(
            '(data: string): number => ({ predicted_label: 7 }) as never',
            "import { InputError } from 'generator-katonic-classifier/runtime'; InputError.prototype satisfies number;\n",
          ),
          'package.json':
            '{\n  "dependencies": {\n    "joi": "^18.0.0",\n    "sharp": "0.35.5",\n    "x": "file:x.tgz"\n  },\n  "optionalDependencies": {\n    "y": "latest"\n  }\n}',
        },
        'minimal-ts',
      ),
    );
    expect(findings).toMatchObject(
      [
        { rule: 'package/unpinned', severity: 'error', file: 'package.json', line: 3, message: /"\^18\.0\.0" came/ },
        { rule: 'package/unpinned', severity: 'error', file: 'package.json', line: 8, message: /"latest" came/ },
        { rule: 'answer/label', severity: 'warning', message: /predicted_label is 7/ },
        { rule: 'types', severity: 'error', file: 'launch.ts', line: 1, message: /TS1360/ },
      ].map((finding) => ({ ...finding, message: expect.stringMatching(finding.message) })),
    );
  }, 120_000);

  it('names a misspelt function by the right name, and only so', async () => {
    const launch = `import type { LaunchModule } from 'generator-katonic-classifier/runtime';
export async function loadModel() { return 1; }
export const preprocessing = () => false;
export const predict = (_: unknown, model: Awaited<ReturnType<typeof loadmodel>>) => model;
({ loadmodel, preprocessing, predict }) satisfies LaunchModule;`;
    const findings = await checkPackage(await makePackage({ 'launch.ts': launch }, 'minimal-ts'));
    expect(findings).toMatchObject([
      { rule: 'launch/misnamed-function', line: 2, remedy: expect.stringContaining('Rename loadModel') },
    ]);
  }, 120_000);

  const cases: [string, Record<string, string | null>, object][] = [
    [
      'process.exit',
      { 'launch.cjs': CJS('() => process.exit(3)') },
      { rule: 'launch/ends', message: expect.stringContaining('ended the process (3)') },
    ],
    [
      'a loadmodel that throws',
      { 'launch.cjs': `${CJS('() => 1')}\nexports.loadmodel = () => {\n  throw new Error('no weights');\n};` },
      { rule: 'launch/fails', file: 'launch.cjs', line: 4, message: expect.stringContaining('Error: no weights') },
    ],
    [
      'an answer that is no JSON',
      { 'launch.cjs': CJS('() => NaN') },
      { rule: 'launch/fails', message: expect.stringContaining('NaN') },
    ],
    ['a syntax error, once', { 'launch.cjs': 'exports = (;' }, { rule: 'launch/syntax', file: 'launch.cjs', line: 1 }],
    [
      'a package.json that Node.js cannot read',
      { 'package.json': '\uFEFF{"name":"marked"}' },
      { rule: 'package/json', file: 'package.json', message: expect.stringContaining('byte order mark') },
    ],
    ['a broken label file', { 'labels_file.json': '{}' }, { rule: 'labels/form' }],
  ];
  it.each(cases)(
    'finds %s',
    async (_name, files, expected) => {
      const samples = { 'samples/a.png': 'a picture, as far as this package looks' };
      const findings = await checkPackage(await makePackage({ ...samples, ...files }, 'minimal-cjs'));
      expect(findings).toMatchObject([{ severity: 'error', ...expected }]);
    },
    120_000,
  );
});

function CJS(predict: string): string {
  return `exports.loadmodel = () => 1; exports.preprocessing = () => false;\nexports.predict = ${predict};`;
}
