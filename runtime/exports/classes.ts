import type { Finding } from '../errors.js';
import type { Facts } from './facts.js';
import type { Assumption } from './reading.js';
import { count, listed, refuse } from './refuse.js';

interface Told {
  readonly said: string[];
  readonly assumed: Assumption[];
  readonly findings: Finding[];
}

/**
 * Class names and the number of outputs, which must fit each other: the graph's size wins over the export's names,
 * and names that are given must fit it. Throws {@link KatonicError} `package`.
 */
export function settleClasses(
  facts: Facts,
  given: readonly string[] | undefined,
  told: Told,
): { outputs: number; classNames?: readonly string[] } {
  const size = facts.output.size;
  const known = given === undefined ? facts.classNames : { value: given, from: '--classes' };
  if (size === undefined && known === undefined) {
    throw refuse(
      `neither the graph of ${facts.modelFile} nor a file beside it tells how many classes it has`,
      'Give the names in the order of the outputs: --classes "cat,dog".',
      facts.modelFile,
    );
  }
  const outputs = size?.value ?? known!.value.length;
  const expected = outputs === 1 ? 2 : outputs;
  if (size !== undefined) told.said.push(`${count(outputs, 'output')} (${size.from})`);

  if (known !== undefined && known.value.length === expected) {
    told.said.push(`${count(expected, 'class', 'classes')}: ${listed(known.value)} (${known.from})`);
    return { outputs, classNames: distinct(known.value, known.from, told.findings) };
  }
  if (known !== undefined && (given !== undefined || outputs !== 1 || known.value.length !== 1)) {
    const rule = outputs === 1 ? `1 output (a sigmoid), which takes 2 names` : count(outputs, 'output');
    throw refuse(
      `${known.from} gives ${count(known.value.length, 'class name')} (${listed(known.value, 3)}), ${facts.modelFile} has ${rule} (${size?.from})`,
      given === undefined
        ? `The names belong to another model, or one is missing: correct the file, or give ${expected} names in the order of the outputs with --classes.`
        : `Give ${expected} names, in the order of the outputs.`,
      facts.modelFile,
    );
  }
  if (known !== undefined) {
    const [positive] = known.value as [string];
    const names = [`not ${positive}`, positive];
    told.assumed.push({
      field: 'classes',
      value: listed(names),
      why: `${known.from} names one class and the model has one output`,
      flag: '--classes',
    });
    return { outputs, classNames: names };
  }
  told.assumed.push({
    field: 'classes',
    value: `${count(expected, 'class', 'classes')} without names`,
    why: 'neither the model nor a file beside it (labels.txt, classes.txt, labels.json, class_names.json) names them',
    flag: '--classes',
  });
  return { outputs };
}

/** Answers are keyed by name, so a name that comes twice gets a number. */
function distinct(names: readonly string[], from: string, findings: Finding[]): readonly string[] {
  const seen = new Map<string, number>();
  const taken = new Set(names);
  const result = names.map((name, index) => {
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, index);
      return name;
    }
    let number = 2;
    while (taken.has(`${name} (${number})`)) number++;
    const renamed = `${name} (${number})`;
    taken.add(renamed);
    findings.push({
      severity: 'warning',
      rule: 'export/duplicate-class',
      message: `classes ${first} and ${index} are both named ${JSON.stringify(name)} (${from}): class ${index} is called ${JSON.stringify(renamed)}`,
      remedy: 'Give the names with --classes, or name them apart in katonic.json after scaffolding.',
    });
    return renamed;
  });
  return result;
}
