/**
 * Scores of a classifier. Comes in: counts of (predicted, true) pairs. Goes out: the figures. Pure: it never sees rows,
 * time or storage, so the cost is by classes.
 *
 * Source of every formula: scikit-learn's `precision_recall_fscore_support(zero_division=0)`, `accuracy_score`,
 * `cohen_kappa_score`, `matthews_corrcoef` and `confusion_matrix` without `labels=`; test/reference/scoring compares.
 */

/** A code of labels_file.json; text where the package uses text labels. */
export type Label = number | string;

export interface ConfusionCount {
  readonly predicted: Label;
  readonly actual: Label;
  /** How often; a whole number. Repeated pairs add up. */
  readonly count: number;
}

/** Each between 0 and 1. */
export interface Averages {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface ClassScores extends Averages {
  readonly label: Label;
  /** How often the class was true. */
  readonly support: number;
  /** How often the class was predicted. */
  readonly predicted: number;
}

export interface Confusion {
  readonly true_label: Label;
  readonly predicted_label: Label;
  readonly count: number;
}

export interface Scores {
  /** Pairs scored. */
  readonly count: number;
  readonly accuracy: number;
  /** Unweighted mean over the classes that occur, as true or as predicted. */
  readonly macro: Averages;
  /** Mean weighted by support. */
  readonly weighted: Averages;
  /** `null` where it is undefined (0/0): one class only, always right. */
  readonly cohen_kappa: number | null;
  /** Matthews correlation coefficient, between -1 and 1; 0 where it is undefined, as scikit-learn has it. */
  readonly mcc: number;
  /** Every class of labels_file.json in its order, then any other that occurs. */
  readonly per_class: readonly ClassScores[];
  readonly confusion_matrix: {
    /** Of rows and columns. */
    readonly labels: readonly Label[];
    /** `matrix[i][j]`: true class i predicted as class j. `null` above {@link MATRIX_CLASSES} classes: see `cells`. */
    readonly matrix: readonly (readonly number[])[] | null;
    /** The cells that are not zero, most frequent first, at most {@link MATRIX_CELLS}; `null` where `matrix` is given. */
    readonly cells: readonly Confusion[] | null;
  };
  /** The most frequent mistakes, at most {@link TOP_CONFUSIONS}. */
  readonly top_confusions: readonly Confusion[];
}

/** A dense matrix of 1,000 classes is 2 MB of zeros. */
export const MATRIX_CLASSES = 64;
export const MATRIX_CELLS = 2000;
export const TOP_CONFUSIONS = 10;

/**
 * The figures of a confusion count, or `undefined` when it counts nothing.
 *
 * @param counts sparse confusion counts, in any order.
 * @param labels the codes of labels_file.json; a class that never occurs is listed with zeros and left out of `macro`.
 */
export function score(counts: Iterable<ConfusionCount>, labels: readonly Label[] = []): Scores | undefined {
  const given = [...counts].filter((cell) => cell.count !== 0);
  const names = order(labels, given);
  const index = new Map(names.map((label, i) => [label, i]));
  const cells = merged(given, index);
  const support = new Float64Array(names.length);
  const predicted = new Float64Array(names.length);
  const right = new Float64Array(names.length);
  let total = 0;
  for (const cell of cells) {
    const row = index.get(cell.actual) as number;
    const column = index.get(cell.predicted) as number;
    add(support, row, cell.count);
    add(predicted, column, cell.count);
    if (row === column) add(right, row, cell.count);
    total += cell.count;
  }
  if (total === 0) return undefined;

  const perClass = names.map((label, i): ClassScores => {
    const [t, p, r] = [support[i] as number, predicted[i] as number, right[i] as number];
    return { label, precision: ratio(r, p), recall: ratio(r, t), f1: ratio(2 * r, t + p), support: t, predicted: p };
  });
  const occurring = perClass.filter((one) => one.support + one.predicted > 0);
  const correct = sum(right);
  return {
    count: total,
    accuracy: correct / total,
    macro: mean(occurring, () => 1),
    weighted: mean(occurring, (one) => one.support),
    cohen_kappa: kappa(total, correct, dot(support, predicted)),
    mcc: matthews(total, correct, support, predicted),
    per_class: perClass,
    confusion_matrix: matrixOf(names, index, cells),
    top_confusions: frequent(
      cells.filter((cell) => cell.actual !== cell.predicted),
      TOP_CONFUSIONS,
    ),
  };
}

function order(labels: readonly Label[], cells: readonly ConfusionCount[]): Label[] {
  const known = new Set(labels);
  const others = new Set<Label>();
  for (const { actual, predicted } of cells) {
    if (!known.has(actual)) others.add(actual);
    if (!known.has(predicted)) others.add(predicted);
  }
  return [...known, ...[...others].sort(compareLabels)];
}

/** Each pair once. */
function merged(counts: readonly ConfusionCount[], index: ReadonlyMap<Label, number>): readonly ConfusionCount[] {
  const cells = new Map<number, ConfusionCount>();
  for (const cell of counts) {
    const key = (index.get(cell.actual) as number) * index.size + (index.get(cell.predicted) as number);
    const before = cells.get(key);
    cells.set(key, before === undefined ? cell : { ...cell, count: before.count + cell.count });
  }
  return [...cells.values()];
}

/** Numbers before text, each ascending. */
export function compareLabels(a: Label, b: Label): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === 'number' ? -1 : 1;
}

/** 1 - (observed disagreement / disagreement expected by chance). Cohen 1960. */
function kappa(total: number, correct: number, agreementSquared: number): number | null {
  const expected = total - agreementSquared / total;
  return expected === 0 ? null : 1 - (total - correct) / expected;
}

/** The multi-class form of Gorodkin 2004, which for two classes is Matthews 1975. */
function matthews(total: number, correct: number, support: Float64Array, predicted: Float64Array): number {
  const spread = (total ** 2 - dot(support, support)) * (total ** 2 - dot(predicted, predicted));
  return spread === 0 ? 0 : (correct * total - dot(support, predicted)) / Math.sqrt(spread);
}

function mean(classes: readonly ClassScores[], weight: (one: ClassScores) => number): Averages {
  const weights = classes.map(weight);
  const whole = weights.reduce((a, b) => a + b, 0);
  const of = (value: (one: ClassScores) => number) =>
    ratio(
      classes.reduce((a, one, i) => a + value(one) * (weights[i] as number), 0),
      whole,
    );
  return { precision: of((one) => one.precision), recall: of((one) => one.recall), f1: of((one) => one.f1) };
}

function matrixOf(
  labels: readonly Label[],
  index: ReadonlyMap<Label, number>,
  cells: readonly ConfusionCount[],
): Scores['confusion_matrix'] {
  if (labels.length > MATRIX_CLASSES) return { labels, matrix: null, cells: frequent(cells, MATRIX_CELLS) };
  const matrix = labels.map(() => labels.map(() => 0));
  for (const cell of cells) {
    const row = matrix[index.get(cell.actual) as number] as number[];
    const column = index.get(cell.predicted) as number;
    row[column] = (row[column] as number) + cell.count;
  }
  return { labels, matrix, cells: null };
}

/** The `most` most frequent cells in their order. To sort all of them is what costs with a thousand classes. */
function frequent(cells: readonly ConfusionCount[], most: number): Confusion[] {
  let best: ConfusionCount[] = [];
  let least: ConfusionCount | undefined;
  const shorten = () => {
    best = best.sort(byFrequency).slice(0, most);
    least = best[most - 1];
  };
  for (const cell of cells) {
    if (least !== undefined && byFrequency(cell, least) >= 0) continue;
    best.push(cell);
    if (best.length >= 4 * most) shorten();
  }
  shorten();
  return best.map((cell) => ({ true_label: cell.actual, predicted_label: cell.predicted, count: cell.count }));
}

function byFrequency(a: ConfusionCount, b: ConfusionCount): number {
  return b.count - a.count || compareLabels(a.actual, b.actual) || compareLabels(a.predicted, b.predicted);
}

function add(into: Float64Array, i: number, amount: number): void {
  into[i] = (into[i] as number) + amount;
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((whole, value, i) => whole + value * (b[i] as number), 0);
}

/** 0 where scikit-learn's `zero_division=0` says 0. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
