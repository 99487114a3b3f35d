import type { Answer, Bar, ClassName, Picture, Refusal, Summary } from './types.js';

const TOKEN = 'katonic-token';

/** The token stays in this tab only. */
export const token = {
  get: () => sessionStorage.getItem(TOKEN) ?? '',
  set: (value: string) => sessionStorage.setItem(TOKEN, value),
};

/** Thrown when the server refuses; carries its own words. */
export class RefusedError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

export function headers(more: Record<string, string> = {}): Record<string, string> {
  const value = token.get();
  return value === '' ? more : { ...more, authorization: value };
}

export async function getSummary(): Promise<Summary> {
  return (await (await request('/', { headers: { accept: 'application/json' } })).json()) as Summary;
}

/** Classifies a picture. The original bytes travel: what is measured here is what the platform will see. */
export async function classify(picture: Picture, summary: Summary): Promise<Answer> {
  const started = performance.now();
  const response = await request(`${summary.prefix}/predict`, {
    method: 'POST',
    ...bodyOf(picture),
  });
  const raw: unknown = await response.json();
  return {
    id: response.headers.get('x-request-id') ?? '',
    bars: barsOf(raw, summary.classes),
    raw,
    stages: stagesOf(response.headers.get('server-timing') ?? ''),
    totalMs: performance.now() - started,
  };
}

/** The picture as the model took it, or nothing where the launch module reads pictures in its own way. */
export async function preview(picture: Picture, summary: Summary): Promise<Blob | undefined> {
  const response = await request(`${summary.prefix}/preview`, { method: 'POST', ...bodyOf(picture) });
  return response.status === 200 ? response.blob() : undefined;
}

function bodyOf(picture: Picture): { headers: Record<string, string>; body: Blob | string } {
  return {
    headers: headers({ 'content-type': contentType(picture) }),
    body: picture.kind === 'file' ? picture.blob : JSON.stringify({ data: picture.url }),
  };
}

export async function sendFeedback(
  predicted: number | string,
  actual: number | string,
  id: string,
  summary: Summary,
): Promise<void> {
  const body = id === '' ? { predicted_label: [predicted], true_label: [actual] } : { id, true_label: actual };
  await request(`${summary.prefix}/feedback`, {
    method: 'POST',
    headers: headers({ 'content-type': 'application/json' }),
    body: JSON.stringify(body),
  });
}

export async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new RefusedError({
      status: 0,
      message: 'The server does not answer.',
      remedy: 'Is it still running? Start it again and retry.',
    });
  }
  if (!response.ok) throw new RefusedError(await refusalOf(response));
  return response;
}

async function refusalOf(response: Response): Promise<Refusal> {
  const body = (await response.json().catch(() => ({}))) as { detail?: unknown; remedy?: string };
  const first = Array.isArray(body.detail)
    ? (body.detail[0] as { msg?: string; remedy?: string } | undefined)
    : undefined;
  const message =
    first?.msg ?? (typeof body.detail === 'string' ? body.detail : `The server answered ${response.status}.`);
  const remedy = body.remedy ?? first?.remedy;
  return { status: response.status, message, ...(remedy === undefined ? {} : { remedy }) };
}

function contentType(picture: Picture): string {
  if (picture.kind === 'url') return 'application/json';
  return picture.blob.type.startsWith('image/') ? picture.blob.type : 'application/octet-stream';
}

/** Bars from the answer's `probabilities`, else from its label alone: a launch module may answer in any form. */
export function barsOf(raw: unknown, classes: readonly ClassName[]): Bar[] {
  if (typeof raw !== 'object' || raw === null) return [];
  const answer = raw as {
    probabilities?: unknown;
    predicted_label?: number | string;
    predicted_class?: string;
    confidence?: number;
  };
  const codes = new Map(classes.map(({ name, code }) => [name, code]));
  if (typeof answer.probabilities === 'object' && answer.probabilities !== null) {
    return Object.entries(answer.probabilities as Record<string, number>)
      .map(([name, probability]) =>
        bar(name, name === answer.predicted_class ? answer.predicted_label : codes.get(name), probability),
      )
      .sort((a, b) => (b.probability ?? 0) - (a.probability ?? 0));
  }
  const name = answer.predicted_class ?? classes.find(({ code }) => code === answer.predicted_label)?.name;
  return name === undefined ? [] : [bar(name, answer.predicted_label ?? codes.get(name), answer.confidence)];
}

function bar(name: string, code: number | string | undefined, probability: number | undefined): Bar {
  return { name, ...(code === undefined ? {} : { code }), ...(probability === undefined ? {} : { probability }) };
}

/** `fetch;dur=1.2, decode;dur=5` becomes its stages. */
export function stagesOf(serverTiming: string): { name: string; ms: number }[] {
  return serverTiming
    .split(',')
    .map((part) => /^\s*([\w-]+);dur=([\d.]+)/.exec(part))
    .filter((match) => match !== null)
    .map((match) => ({ name: match[1] as string, ms: Number(match[2]) }));
}
