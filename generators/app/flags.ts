import { refusal } from './refusal.js';

/** Every flag of the generator, once: `--help`, the reader of flags and docs/scaffold.md go by this table. */
export interface Flag {
  readonly name: string;
  readonly type: 'text' | 'switch';
  readonly alias?: string;
  /** What is taken when nothing is said, in words. */
  readonly fallback: string;
  readonly help: string;
}

/** Flags that answer a question; their text is what .yo-rc.json keeps. */
export const questionFlags = [
  text('folder', 'the current folder when it is empty', 'Where to write the package; also the first argument'),
  text('name', "the folder's name", 'Package name, by the rules of npm'),
  text('description', 'Image classifier', 'One line on what the package does'),
  text(
    'model',
    'example',
    '"example" (a working model of six shapes) or the path of an exported model: a folder, file or zip',
  ),
  text('type', 'what the number of classes says', 'binary or multi-class'),
  text(
    'classes',
    "the model's own",
    'Class names in the order of the model\'s outputs: "cat,dog", a JSON list, or @FILE with one name a line',
  ),
  text(
    'codes',
    '1 for the example, 0 otherwise',
    'Codes of the classes: 0 or 1 (count from there), or a list such as 10,20,30',
  ),
  text('size', "the model's own, else 224", 'Input size in pixels: 224 or 320x240 (width x height)'),
  text('channels', "the model's own, else 3", 'Colour channels: 3 or 1 (grey)'),
  text(
    'range',
    "the model's own, else assumed aloud",
    'Pixel values: 0..1, -1..1, 0..255 or imagenet (mean and deviation)',
  ),
  text(
    'fit',
    "the model's own, else assumed aloud",
    'How a picture gets to the size: crop, stretch, crop-first or pad',
  ),
  text('order', "the model's own, else rgb", 'Colour order: rgb or bgr'),
  text('layout', "the model's own, else assumed aloud", 'Order of dimensions: nhwc or nchw'),
  text(
    'kernel',
    "the model's own, else linear",
    'Resize filter: nearest, linear, cubic, lanczos3, canvas or tensorflow',
  ),
  text(
    'activation',
    "the model's own, else assumed aloud",
    'What is still to be applied to the output: none, softmax or sigmoid',
  ),
] as const satisfies readonly Flag[];

export const switchFlags = [
  toggle('yes', 'questions are asked', 'Take the default of every question that has no flag; needs no terminal', 'y'),
  toggle('force', 'each conflict is asked', 'Overwrite files that are there', 'f'),
  toggle('skip-existing', 'each conflict is asked', 'Keep files that are there, write only the missing ones'),
  toggle('skip-install', 'npm install runs', 'Do not run npm install'),
] as const satisfies readonly Flag[];

export const flags: readonly Flag[] = [...questionFlags, ...switchFlags];

/** The name of a question's flag, and of its answer in .yo-rc.json. */
export type QuestionName = (typeof questionFlags)[number]['name'];

/** The answers as text: what flags give and .yo-rc.json keeps. */
export type Texts = Partial<Record<QuestionName, string>>;

export type SwitchName = (typeof switchFlags)[number]['name'];

/** The flags that were given, out of everything yo hands over: `--size 224` arrives as a number. */
export function givenTexts(options: Readonly<Record<string, unknown>>): Texts {
  const texts: Texts = {};
  for (const { name } of questionFlags) {
    const value = options[name];
    if (value === true || value === '') throw refusal(`--${name} needs a value`);
    if (value !== undefined && value !== null) texts[name] = String(value);
  }
  return texts;
}

/** yo hands a flag over as `skip-existing`, commander as `skipExisting`. */
export function switchedOn(options: Readonly<Record<string, unknown>>, name: SwitchName): boolean {
  const camel = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return (options[name] ?? options[camel]) === true;
}

function text<Name extends string>(name: Name, fallback: string, help: string) {
  return { name, type: 'text', fallback, help } as const;
}

function toggle<Name extends string>(name: Name, fallback: string, help: string, alias?: string) {
  return { name, type: 'switch', fallback, help, ...(alias === undefined ? {} : { alias }) } as const;
}
