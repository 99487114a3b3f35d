/** What `GET {prefix}/monitoring` answers, as far as the page shows it, and the arithmetic of showing it. */

export type Label = number | string;

export type Window = 'hour' | 'day' | 'all';

export interface Figures {
  readonly window: Window;
  /** ISO 8601; `null` for `all`. */
  readonly from: string | null;
  readonly to: string;
  readonly classes: readonly { readonly label: Label; readonly name: string }[];
  readonly requests: {
    readonly count: number;
    readonly refused: number;
    readonly errors: number;
    readonly per_second: number | null;
  };
  readonly latency_ms: Readonly<Record<string, { readonly p50: number; readonly p95: number; readonly p99: number }>>;
  readonly series: {
    readonly bucket_seconds: number;
    readonly points: readonly {
      readonly at: string;
      readonly count: number;
      readonly p50: number | null;
      readonly p95: number | null;
    }[];
  };
  readonly feedback: Scores | null;
  readonly coverage: { readonly share: number | null } | null;
  readonly drift: { readonly psi: number } | null;
}

export interface Scores {
  readonly count: number;
  readonly accuracy: number;
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
  readonly per_class: readonly {
    readonly label: Label;
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
    readonly support: number;
    readonly predicted: number;
  }[];
  readonly confusion_matrix: {
    readonly labels: readonly Label[];
    readonly matrix: readonly (readonly number[])[] | null;
    readonly cells:
      | readonly { readonly true_label: Label; readonly predicted_label: Label; readonly count: number }[]
      | null;
  };
}

/** The part of a confusion matrix that fits on the screen: all classes, or the `most` that occur most often, in the model's order. */
export function narrowed(
  scores: Scores,
  most: number,
): { labels: Label[]; cell: (actual: Label, predicted: Label) => number; left: number } {
  const all = scores.per_class;
  const shown =
    all.length <= most
      ? all
      : [...all]
          .sort((a, b) => b.support + b.predicted - a.support - a.predicted)
          .slice(0, most)
          .filter((one) => one.support + one.predicted > 0);
  const kept = new Set(shown.map(({ label }) => label));
  const labels = all.map(({ label }) => label).filter((label) => kept.has(label));
  return { labels, cell: cellsOf(scores.confusion_matrix), left: all.length - labels.length };
}

function cellsOf({ labels, matrix, cells }: Scores['confusion_matrix']): (actual: Label, predicted: Label) => number {
  if (matrix) {
    const at = new Map(labels.map((label, index) => [label, index]));
    return (actual, predicted) => matrix[at.get(actual) ?? -1]?.[at.get(predicted) ?? -1] ?? 0;
  }
  const counts = new Map(
    (cells ?? []).map(({ true_label, predicted_label, count }) => [
      JSON.stringify([true_label, predicted_label]),
      count,
    ]),
  );
  return (actual, predicted) => counts.get(JSON.stringify([actual, predicted])) ?? 0;
}
