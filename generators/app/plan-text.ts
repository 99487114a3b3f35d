import type { OutputForm } from '../../runtime/exports/reading.js';
import type { Class } from './classes.js';

/** Text on one line of a comment or a table; it cannot end the comment. */
export function shown(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll('*/', '* /')
    .trim();
}

/** A TypeScript string. */
export function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

/** `circle 1, square 2` or, of many, the first ones and how many there are. */
export function classesLine(classes: readonly Class[], limit = 8): string {
  const label = (name: string) => (/,|\d$/.test(name) ? `"${shown(name)}"` : shown(name));
  const some = classes.slice(0, limit).map(({ name, code }) => `${label(name)} ${code}`);
  return classes.length > limit ? `${some.join(', ')} and ${classes.length - limit} more` : some.join(', ');
}

/** Rows of a Markdown table: class, code. */
export function classRows(classes: readonly Class[], limit = 20): string {
  const cell = (name: string) => shown(name).replace(/[\\|`*_<>[\]]/g, '\\$&');
  const rows = classes.slice(0, limit).map(({ name, code }) => `| ${cell(name)} | ${code} |`);
  if (classes.length > limit) rows.push(`| ... ${classes.length - limit} more in katonic.json | |`);
  return rows.join('\n');
}

const forms: Readonly<Record<OutputForm, string>> = {
  probabilities: 'softmax is in the model',
  logits: 'softmax is applied here',
  independent: 'one sigmoid for each class is in the model',
  'independent-logits': 'one sigmoid for each class is applied here',
  probability: 'one value: the probability of the second class',
  logit: 'one value; sigmoid is applied here',
};

/** What `classify` does with the output. */
export function formNote(form: OutputForm, chosen: boolean): string {
  return chosen ? `${forms[form]} (chosen, not read from the model)` : forms[form];
}
