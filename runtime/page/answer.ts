/** What predict answered, read for the page. Pure: it asks nobody for anything. */
import type { Bar, ClassName } from './types.js';

interface Classified {
  readonly predicted_label?: unknown;
  readonly predicted_class?: unknown;
  readonly confidence?: unknown;
  readonly probabilities?: unknown;
}

/**
 * What the launch module decided: `predicted_label` and `predicted_class`, whatever the probabilities say (a threshold
 * may stand between them). The most probable class where it names neither; `undefined` where it gives no class at all.
 */
export function predictedOf(raw: unknown, classes: readonly ClassName[]): Bar | undefined {
  const answer = read(raw);
  const label = labelOf(answer);
  const name =
    typeof answer.predicted_class === 'string'
      ? answer.predicted_class
      : label === undefined
        ? undefined
        : (classes.find(({ code }) => code === label)?.name ?? String(label));
  if (name === undefined) return barsOf(raw, classes)[0];
  const confidence = typeof answer.confidence === 'number' ? answer.confidence : probabilitiesOf(answer)?.[name];
  return bar(name, label ?? classes.find((one) => one.name === name)?.code, confidence);
}

/** Whether the answer carries a `predicted_label`: the server records no other answers' labels. */
export function isRecorded(raw: unknown): boolean {
  return labelOf(read(raw)) !== undefined;
}

/** One bar for each of the answer's `probabilities`, the most probable first; none where it has none. */
export function barsOf(raw: unknown, classes: readonly ClassName[]): Bar[] {
  const answer = read(raw);
  const codes = new Map(classes.map(({ name, code }) => [name, code]));
  const label = labelOf(answer);
  return Object.entries(probabilitiesOf(answer) ?? {})
    .map(([name, probability]) =>
      bar(name, name === answer.predicted_class ? (label ?? codes.get(name)) : codes.get(name), probability),
    )
    .sort((a, b) => (b.probability ?? 0) - (a.probability ?? 0));
}

/** `fetch;dur=1.2, decode;dur=5` becomes its stages. */
export function stagesOf(serverTiming: string): { name: string; ms: number }[] {
  return serverTiming
    .split(',')
    .map((part) => /^\s*([\w-]+);dur=([\d.]+)/.exec(part))
    .filter((match) => match !== null)
    .map((match) => ({ name: match[1] as string, ms: Number(match[2]) }));
}

function read(raw: unknown): Classified {
  return typeof raw === 'object' && raw !== null ? raw : {};
}

function labelOf({ predicted_label: label }: Classified): number | string | undefined {
  return typeof label === 'number' || typeof label === 'string' ? label : undefined;
}

function probabilitiesOf({ probabilities }: Classified): Record<string, number> | undefined {
  if (typeof probabilities !== 'object' || probabilities === null || Array.isArray(probabilities)) return undefined;
  return Object.values(probabilities).every(Number.isFinite) ? (probabilities as Record<string, number>) : undefined;
}

function bar(name: string, code: number | string | undefined, probability: number | undefined): Bar {
  return { name, ...(code === undefined ? {} : { code }), ...(probability === undefined ? {} : { probability }) };
}
