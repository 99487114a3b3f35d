import type { Label } from './scoring.js';

export interface LabelName {
  readonly name: string;
  readonly code: Label;
}

/**
 * Labels as text and back. Storage keeps text, so that integer and text labels share one column and `1` and `"1"` are
 * the same class, as they are on the platform.
 */
export class LabelSet {
  readonly labels: readonly Label[];
  /** Only those whose name is not just their code. */
  readonly classes: readonly LabelName[];
  readonly #byText: ReadonlyMap<string, Label>;

  /** @param labels the codes of labels_file.json, in its order. */
  constructor(labels: readonly Label[], classes: readonly LabelName[] = []) {
    this.labels = labels;
    this.classes = classes.filter(({ name, code }) => name !== String(code));
    this.#byText = new Map(labels.map((label) => [String(label), label]));
  }

  /** The label as labels_file.json writes it, or `undefined` when it is not there. */
  known(label: Label): Label | undefined {
    return this.#byText.get(String(label));
  }

  /** The label of a stored text; one that labels_file.json no longer knows is a number where it looks like an integer. */
  fromText(text: string): Label {
    return this.#byText.get(text) ?? (/^-?\d{1,15}$/.test(text) ? Number(text) : text);
  }
}
