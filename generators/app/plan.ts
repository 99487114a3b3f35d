import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.js';
import type { Answers } from './answers.js';
import { type Fragment, readFragment, render } from './fragments.js';
import { type Manifest, manifestText, merge } from './manifest.js';
import { classesLine, classRows, formNote, quoted, shown } from './plan-text.js';
import { recipeLines } from './recipe-text.js';

export interface PlannedFile {
  /** Relative to the scaffold, with `/`. */
  readonly path: string;
  /** Which fragment it comes from. */
  readonly fragment: string;
  /** Text to write; absent where a file is copied. */
  readonly content?: string;
  /** Absolute path of the file to copy. */
  readonly copyFrom?: string;
}

export interface Plan {
  readonly fragments: readonly string[];
  /** By path. */
  readonly files: readonly PlannedFile[];
}

/** What the plan takes from the place it is made in; data, so that tests need none of it. */
export interface Provisions {
  /** How the scaffold depends on this package: an exact version, or `file:` with the tarball to copy. */
  readonly runtime: { readonly spec: string; readonly tarball?: { readonly path: string; readonly copyFrom: string } };
  /** Install scripts that this package does without. */
  readonly allowScripts: Readonly<Record<string, boolean>>;
  /** Absolute. */
  readonly exampleFolder: string;
  /** Names of the example's sample pictures. */
  readonly samples: readonly string[];
}

const templates = join(packageRoot, 'templates');

/** Answers to files: nothing is asked and nothing is written here. */
export function plan(answers: Answers, provisions: Provisions): Plan {
  const fragments = fragmentsOf(answers).map((name) => readFragment(templates, name));
  const data = dataOf(answers);
  const parts = partsOf(fragments, data);
  const files: PlannedFile[] = fragments.flatMap(({ name, files }) =>
    files.map(({ path, text }) => ({ fragment: name, ...render(path, text, { ...data, parts }) })),
  );
  const classes = answers.classes;
  files.push(
    { path: 'package.json', fragment: 'base', content: manifestText(manifestOf(answers, fragments, provisions)) },
    { path: 'katonic.json', fragment: 'base', content: katonicText(answers) },
    {
      path: 'labels_file.json',
      fragment: 'base',
      content: `${JSON.stringify({ labels: classes.map(({ code }) => code) })}\n`,
    },
    ...answers.model.reading.files.map(({ from, to }) => ({ path: `model/${to}`, fragment: 'model', copyFrom: from })),
    ...samplesFor(answers, provisions).map((name) => ({
      path: `samples/${name}`,
      fragment: 'samples',
      copyFrom: join(provisions.exampleFolder, 'samples', name),
    })),
  );
  const { tarball } = provisions.runtime;
  if (tarball !== undefined) files.push({ ...tarball, fragment: 'runtime' });
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { fragments: fragments.map(({ name }) => name), files };
}

/** Which fragments make up the scaffold: base, the engine, where the model is from, and what else the model needs. */
export function fragmentsOf({ model }: Answers): string[] {
  const { engine, output } = model.reading;
  return [
    'base',
    engine,
    model.source,
    ...(model.standIn ? ['stand-in'] : []),
    ...(output.name === undefined ? [] : ['named-output']),
  ];
}

/** The example's pictures: all of them, or the ones of the shapes whose outputs are used. */
function samplesFor({ model, classes }: Answers, { samples }: Provisions): readonly string[] {
  const used = model.reading.classNames?.slice(0, classes.length);
  if (model.source === 'example') return samples.filter((name) => used?.some((shape) => name.startsWith(shape)));
  return samples.slice(0, 2);
}

function dataOf(answers: Answers) {
  const { model, classes } = answers;
  const { reading } = model;
  return {
    ...answers,
    reading,
    shown,
    quoted,
    modelParts: reading.modelFile.split('/').map(quoted).join(', '),
    recipe: recipeLines(reading.recipe, model.chosen),
    classesLine: classesLine(classes),
    classRows: classRows(classes),
    form: reading.output.form,
    formNote: formNote(reading.output.form, model.chosen.includes('activation')),
    outputName: reading.output.name,
  };
}

/** A part of a later fragment stands in the place of an earlier one's. */
function partsOf(fragments: readonly Fragment[], data: object): Record<string, string> {
  const texts = Object.assign({}, ...fragments.map(({ parts }) => parts)) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, render(`${name}.ejs`, text, data).content.trimEnd()]),
  );
}

function manifestOf(answers: Answers, fragments: readonly Fragment[], provisions: Provisions): Manifest {
  return merge(
    { name: answers.name, version: '1.0.0', private: true, description: answers.description },
    ...fragments.map(({ manifest }) => manifest),
    { dependencies: { 'generator-katonic-classifier': provisions.runtime.spec } },
    { allowScripts: provisions.allowScripts },
  );
}

/** One class a line, so that a long list can be read and compared. */
function katonicText({ type, classes }: Answers): string {
  const lines = classes.map(({ name, code }) => `    { "name": ${JSON.stringify(name)}, "code": ${code} }`);
  return `{\n  "modelType": "${type}",\n  "classes": [\n${lines.join(',\n')}\n  ]\n}\n`;
}
