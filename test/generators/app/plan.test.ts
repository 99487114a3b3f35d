import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Answers } from '../../../generators/app/answers.js';
import { exampleReading } from '../../../generators/app/model.js';
import { type Plan, plan } from '../../../generators/app/plan.js';
import type { OutputForm } from '../../../runtime/exports/reading.js';
import { packageRoot } from '../../../runtime/package-root.js';
import { answersOf, provisions, readingOf } from '../readings.js';
import { diagnose } from '../typecheck.js';

const shapes = ['circle', 'square', 'triangle', 'star', 'heart', 'cross'];
const tensorflow = { width: 224, height: 224, fit: 'stretch', scale: 1 / 127.5, mean: 1, layout: 'nhwc' } as const;
const torch = {
  width: 224,
  height: 224,
  fit: 'crop',
  resize: 256,
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  layout: 'nchw',
  colourProfile: 'ignore',
} as const;

/** Every combination that changes what is written: engine, form of the output, number of classes, source, stand-in, what was chosen. */
function combinations(): [string, Answers][] {
  const all: [string, Answers][] = [];
  for (const [names, standIn] of [
    [shapes, false],
    [shapes.slice(0, 2), true],
    [['cat', 'dog'], true],
    [['cat', 'dog', 'bird'], true],
  ] as const) {
    all.push([`example: ${names.join(', ')}`, answersOf(exampleReading(), names, { source: 'example', standIn })]);
  }
  const forms: [OutputForm, number][] = [
    ['probabilities', 2],
    ['probabilities', 3],
    ['logits', 2],
    ['logits', 3],
    ['independent', 3],
    ['independent-logits', 3],
    ['probability', 2],
    ['logit', 2],
  ];
  for (const engine of ['tfjs', 'onnx'] as const) {
    for (const [form, count] of forms) {
      for (const chosen of form === 'logits' ? [[], ['size', 'range', 'fit', 'activation'] as const] : [[]]) {
        const names = ['cat', 'dog', 'bird'].slice(0, count);
        const reading = readingOf(engine, form, names, engine === 'onnx' ? torch : tensorflow);
        const title = `${engine}, ${form}, ${count} classes${chosen.length > 0 ? ', chosen' : ''}`;
        all.push([title, answersOf(reading, names, { chosen })]);
      }
    }
  }
  const several = readingOf('tfjs', 'logits', ['cat', 'dog', 'bird'], tensorflow);
  const named = { ...several, output: { ...several.output, name: "scores'" } };
  all.push(['tfjs, one of several outputs', answersOf(named, ['cat', 'dog', 'bird'])]);
  return all;
}

function content({ files }: Plan, path: string): string {
  const found = files.find((file) => file.path === path)?.content;
  if (found === undefined) throw new Error(`${path} is not in the plan`);
  return found;
}

/** The lines after the last line that is `start`, up to the next that begins with `end`. */
function between(text: string, start: string, end: string): string[] {
  const lines = text.split('\n');
  const from = lines.lastIndexOf(start) + 1;
  return lines.slice(
    from,
    lines.findIndex((line, index) => index >= from && line.startsWith(end)),
  );
}

describe('a plan', () => {
  it.each(combinations())('for %s', (_, answers) => {
    const made = plan(answers, provisions);
    const launch = content(made, 'launch.ts');
    expect({
      fragments: made.fragments.join(' + '),
      besidesBase: made.files
        .filter(({ fragment }) => fragment !== 'base' && fragment !== 'model')
        .map(({ path }) => path),
      dependencies: Object.keys(JSON.parse(content(made, 'package.json')).dependencies),
      recipe: between(launch, 'const recipe = {', '} satisfies').map((line) => line.trim()),
      predict: between(launch, 'export async function predict(features: Features, { network, classes }: Model) {', '}'),
      batches: launch.includes('predict, predictBatch }) satisfies'),
    }).toMatchSnapshot();
  });

  it('is snapshotted whole once', () => {
    const reading = readingOf('onnx', 'logits', ['cat', 'dog', 'bird'], torch);
    const made = plan(answersOf(reading, ['cat', 'dog', 'bird'], { chosen: ['fit'] }), provisions);
    expect(
      made.files
        .map(({ path, content, copyFrom }) => `=== ${path}\n${content ?? `copied from ${copyFrom}`}`)
        .join('\n'),
    ).toMatchSnapshot();
  });

  it('names no file twice, and none outside the package', () => {
    for (const [, answers] of combinations()) {
      const paths = plan(answers, provisions).files.map(({ path }) => path);
      expect(new Set(paths).size).toBe(paths.length);
      expect(paths.filter((path) => /^\/|\.\.|\\/.test(path))).toEqual([]);
    }
  });

  it('lists classes in the order of the outputs, one a line', () => {
    const names = ['猫', 'a "quoted" one', 'back\\slash'];
    const made = plan(answersOf(readingOf('onnx', 'logits', names, torch), names), provisions);
    expect(JSON.parse(content(made, 'katonic.json'))).toEqual({
      modelType: 'multi-class',
      classes: names.map((name, code) => ({ name, code })),
    });
    expect(content(made, 'labels_file.json')).toBe('{"labels":[0,1,2]}\n');
  });

  it('keeps a thousand classes out of launch.ts and of the README', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `class ${index}`);
    const made = plan(answersOf(readingOf('onnx', 'logits', names, torch), names), provisions);
    expect(content(made, 'launch.ts')).toContain('"class 7" 7 and 992 more.');
    expect(content(made, 'README.md')).toContain('| ... 980 more in katonic.json | |');
    expect(content(made, 'launch.ts').split('\n').length).toBeLessThan(60);
  });

  it('vendors the tarball of an unpublished generator', () => {
    const tarball = { path: 'vendor/x.tgz', copyFrom: '/tmp/x.tgz' };
    const made = plan(answersOf(readingOf('onnx', 'logits', ['a', 'b'], torch), ['a', 'b']), {
      ...provisions,
      runtime: { spec: 'file:vendor/x.tgz', tarball },
    });
    expect(made.files).toContainEqual({ ...tarball, fragment: 'runtime' });
    expect(JSON.parse(content(made, 'package.json')).dependencies['generator-katonic-classifier']).toBe(
      'file:vendor/x.tgz',
    );
  });
});

/** Text of a model or a person that would end a string, a comment or a table cell. */
function hostile(): Answers {
  const names = ['a*/ b', '<b>|`x`', "it's \u2028 so"];
  const reading = {
    ...readingOf('tfjs', 'logits', names, tensorflow),
    modelFile: "it's/model.json",
    title: 'x\u2028y',
  };
  return { ...answersOf(reading, names), description: 'ends with \\ and "quotes"' };
}

it('shows text from a model or a person as text', () => {
  const made = plan(hostile(), provisions);
  expect(content(made, 'launch.ts')).toContain("join(__dirname, 'model', 'it\\'s', 'model.json')");
  expect(content(made, 'README.md')).toContain('| \\<b\\>\\|\\`x\\` | 1 |');
  expect(JSON.parse(content(made, 'package.json')).description).toBe(hostile().description);
});

it('type-checks in every combination, by the tsconfig of the scaffold', () => {
  const all = [hostile(), ...combinations().map(([, answers]) => answers)].map((answers) => plan(answers, provisions));
  const plans = all.map((made, index) =>
    index === 0 ? made : { ...made, files: made.files.filter(({ path }) => path === 'launch.ts') },
  );
  expect(diagnose(plans)).toEqual([]);
}, 60_000);

it('pins the versions that this package was tested with', () => {
  const lock = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8'));
  const made = plan(answersOf(readingOf('onnx', 'logits', ['a', 'b'], torch), ['a', 'b']), provisions);
  const { dependencies, devDependencies } = JSON.parse(content(made, 'package.json'));
  const { 'generator-katonic-classifier': _, ...others } = { ...dependencies, ...devDependencies };
  for (const [name, version] of Object.entries(others)) {
    expect(`${name} ${version}`).toBe(`${name} ${lock.packages[`node_modules/${name}`].version}`);
  }
});

it('repeats what the example says of itself', async () => {
  const text = readFileSync(join(packageRoot, 'examples', 'shapes', 'launch.ts'), 'utf8');
  const literal = /const recipe = (\{[^}]*\})/.exec(text)?.[1];
  expect(exampleReading().recipe).toEqual(new Function(`return ${literal}`)());
});
