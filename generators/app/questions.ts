import type { ExportReading } from '../../runtime/exports/reading.js';
import { type Answers, type ModelAnswer, parseDescription, parseName, parseSize, sizeText } from './answers.js';
import { type Asker, named } from './asker.js';
import {
  type Class,
  type ClassType,
  classesText,
  distinct,
  parseClasses,
  parseCodes,
  parseType,
  typeOf,
} from './classes.js';
import { nameFrom } from './folder.js';
import { classCount, EXAMPLE, exampleReading, modelPath, readModel } from './model.js';
import { askAssumed, flagAnswers, namesFromFlag } from './recipe-questions.js';
import { refusal } from './refusal.js';

/**
 * Asks everything but the folder, in an order in which each answer can be checked at once: the model comes before the classes
 * and the sizes, since it may have said them. `cwd` is what a path in a flag is relative to.
 */
export async function askAll(asker: Asker, folder: string, cwd: string): Promise<Answers> {
  const name = await asker.settle({
    name: 'name',
    message: 'Package name',
    fallback: nameFrom(folder),
    parse: parseName,
  });
  const description = await asker.settle({
    name: 'description',
    message: 'Description',
    fallback: 'Image classifier',
    parse: parseDescription,
  });
  const read = await askModel(asker, cwd);
  forgetOtherModel(asker, read, cwd);
  const example = read.source === 'example';
  const type = example ? await askExampleType(asker) : typeOfModel(asker, read.reading);
  const names = await askNames(asker, read, type);
  // A file of names may not be found from where the generator is run again.
  if (asker.texts.classes !== undefined) asker.texts.classes = classesText(names);
  const classes = await askCodes(asker, names, example ? '1' : '0');
  const model = example ? exampleOnly(asker, read.reading, names) : await askAssumed(asker, read, names);
  return { folder, name, description, type: typeOf(classes.length), classes, model };
}

interface Read {
  readonly source: ModelAnswer['source'];
  readonly path: string;
  readonly reading: ExportReading;
}

async function askModel(asker: Asker, cwd: string): Promise<Read> {
  const readings = new Map<string, ExportReading>();
  const answers = flagAnswers(asker);
  const parse = async (text: string): Promise<Read> => {
    if (text.trim() === EXAMPLE) return { source: 'example', path: '', reading: exampleReading() };
    if (text.trim() === '') throw refusal('expected "example" or a path');
    const path = modelPath(text, cwd);
    const reading = readings.get(path) ?? (await readModel(path, answers));
    readings.set(path, reading);
    return { source: 'export', path, reading };
  };
  const read = await asker.settle({
    name: 'model',
    message: 'Model: "example" (works right away), or the path of your export',
    fallback: EXAMPLE,
    parse,
  });
  for (const [path, other] of readings) if (path !== read.path) await other.dispose();
  if (read.source === 'export') {
    asker.say(`Read as: ${read.reading.title}`);
    for (const line of read.reading.said) asker.say(`  ${line}`);
    for (const { severity, message } of read.reading.findings) asker.say(`  ${severity}: ${message}`);
  }
  return read;
}

async function askExampleType(asker: Asker): Promise<ClassType> {
  const { type, classes } = asker.flags;
  if (type === undefined && classes !== undefined) {
    const derived = typeOf(namesFromFlag(asker)?.length ?? 0);
    asker.texts.type = derived;
    return derived;
  }
  return await asker.settle({
    name: 'type',
    message: 'Binary or multi-class',
    fallback: 'multi-class',
    choices: [
      { value: 'multi-class', name: 'multi-class: three classes or more' },
      { value: 'binary', name: 'binary: two classes' },
    ],
    parse: parseType,
  });
}

/** What an earlier run was told about a model holds for that model: of another one it would be a guess. */
function forgetOtherModel(asker: Asker, read: Read, cwd: string): void {
  const { model, classes } = asker.stored;
  if (model === undefined) return;
  const same = model === EXAMPLE ? read.source === 'example' : modelPath(model, cwd) === read.path;
  if (same) return;
  asker.forget(['type', 'size', 'channels', 'range', 'fit', 'order', 'layout', 'kernel', 'activation']);
  // Classes that the example stood in for were meant for the model that comes now.
  if (model !== EXAMPLE || classes === undefined || areShapes(classes)) asker.forget(['classes']);
}

function areShapes(classes: string): boolean {
  const shapes = exampleReading().classNames ?? [];
  return parseClasses(classes, undefined).every((name) => shapes.includes(name));
}

/** The number of outputs says it; a flag that says otherwise is refused. */
function typeOfModel(asker: Asker, reading: ExportReading): ClassType | undefined {
  const count = classCount(reading.output);
  const said = asker.flags.type;
  if (said === undefined) return count === undefined ? undefined : typeOf(count);
  try {
    const type = parseType(said);
    if (count !== undefined && type !== typeOf(count))
      throw refusal(`the model tells ${count} classes apart, which is ${typeOf(count)}`);
    return type;
  } catch (thrown) {
    throw named('type', thrown);
  }
}

async function askNames(asker: Asker, { source, reading }: Read, type: ClassType | undefined): Promise<string[]> {
  const own = distinct(reading.classNames ?? []);
  const count = classCount(reading.output);
  if (source === 'example') {
    return await asker.settle({
      name: 'classes',
      message: 'Class names, separated by commas',
      fallback: classesText(type === 'binary' ? own.names.slice(0, 2) : own.names),
      parse: (text) =>
        parseClasses(text, type, {
          atMost: { count: own.names.length, why: `the example model tells ${own.names.length} shapes apart` },
        }),
    });
  }
  const said = own.names.length > 1 && (count === undefined || own.names.length === count);
  if (said && asker.flags.classes === undefined) {
    for (const line of own.renamed) asker.say(`  ${line}, since that name stands twice`);
    return own.names;
  }
  const numbered = Array.from({ length: count ?? 2 }, (_, index) => `class ${index}`);
  return await asker.settle({
    name: 'classes',
    message: `Class names in the order of the model's outputs (it does not say them)`,
    fallback: classesText(said ? own.names : numbered),
    parse: (text) =>
      parseClasses(
        text,
        type,
        count === undefined ? {} : { exactly: { count, why: `the model tells ${count} classes apart` } },
      ),
  });
}

async function askCodes(asker: Asker, names: readonly string[], fallback: string): Promise<Class[]> {
  return await asker.settle({
    name: 'codes',
    message: 'Codes: 0 or 1 (count from there), or your own list such as 10,20,30',
    fallback,
    parse: (text) => parseCodes(text, names),
  });
}

/** The example's input is what it was trained for. */
function exampleOnly(asker: Asker, reading: ExportReading, names: readonly string[]): ModelAnswer {
  const fixed = sizeText(reading.recipe);
  for (const name of ['channels', 'range', 'fit', 'order', 'layout', 'kernel', 'activation'] as const) {
    if (asker.flags[name] !== undefined)
      throw named(
        name,
        refusal(
          'the example model has its own preprocessing',
          'Leave the flag out, or bring a model of your own with --model PATH.',
        ),
      );
  }
  const size = asker.flags.size;
  const standIn = names.join('\n') !== reading.classNames?.join('\n');
  const answer: ModelAnswer = { source: 'example', reading, standIn, chosen: [] };
  if (size === undefined) return answer;
  try {
    if (sizeText(parseSize(size)) !== fixed)
      throw refusal(
        `the example model takes ${fixed} x ${fixed} pixels; got ${size}`,
        'Leave the flag out, or bring a model of your own with --model PATH.',
      );
  } catch (thrown) {
    throw named('size', thrown);
  }
  return answer;
}
