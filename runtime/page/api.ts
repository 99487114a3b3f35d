import { barsOf, isRecorded, predictedOf, stagesOf } from './answer.js';
import type { Answer, Picture, Refusal, Summary } from './types.js';

const TOKEN = 'katonic-token';

/** The token stays in this tab only. */
export const token = {
  get: () => sessionStorage.getItem(TOKEN) ?? '',
  set: (value: string) => sessionStorage.setItem(TOKEN, value),
};

/** Thrown when the server refuses or is not there; carries its own words. */
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
  const response = await request('/', { headers: { accept: 'application/json' } });
  return (await whole(response.json())) as Summary;
}

/** `loading` until a worker has the model, `away` where no server answers. Never throws. */
export async function getHealth(): Promise<'ready' | 'loading' | 'away'> {
  try {
    return (await fetch('/health/ready')).ok ? 'ready' : 'loading';
  } catch {
    return 'away';
  }
}

/** Classifies a picture. The original bytes travel: what is measured here is what the platform will see. */
export async function classify(picture: Picture, summary: Summary, signal: AbortSignal): Promise<Answer> {
  const started = performance.now();
  const response = await request(`${summary.prefix}/predict`, { method: 'POST', ...bodyOf(picture), signal });
  const raw: unknown = await whole(response.json(), signal);
  const predicted = predictedOf(raw, summary.classes);
  return {
    id: response.headers.get('x-request-id') ?? '',
    ...(predicted === undefined ? {} : { predicted }),
    recorded: isRecorded(raw),
    bars: barsOf(raw, summary.classes),
    raw,
    stages: stagesOf(response.headers.get('server-timing') ?? ''),
    totalMs: performance.now() - started,
  };
}

/** The picture as the model took it, or nothing where the launch module reads pictures in its own way. */
export async function preview(picture: Picture, summary: Summary, signal: AbortSignal): Promise<Blob | undefined> {
  const response = await request(`${summary.prefix}/preview`, { method: 'POST', ...bodyOf(picture), signal });
  return response.status === 200 ? whole(response.blob(), signal) : undefined;
}

/** A sample picture of the package, to be sent like any other. */
export async function sample(name: string, signal: AbortSignal): Promise<Picture> {
  const response = await request(samplePath(name), { signal });
  return { kind: 'file', blob: await whole(response.blob(), signal), name };
}

export function samplePath(name: string): string {
  return `/samples/${encodeURIComponent(name)}`;
}

function bodyOf(picture: Picture): { headers: Record<string, string>; body: Blob | string } {
  return {
    headers: headers({ 'content-type': contentType(picture) }),
    body: picture.kind === 'file' ? picture.blob : JSON.stringify({ data: picture.url }),
  };
}

/** By id where the server recorded the answer's label, so that a second press replaces the first. */
export async function sendFeedback(
  answer: Answer,
  predicted: number | string,
  actual: number | string,
  summary: Summary,
): Promise<void> {
  const body = answer.recorded
    ? { id: answer.id, true_label: actual }
    : { predicted_label: [predicted], true_label: [actual] };
  await request(`${summary.prefix}/feedback`, {
    method: 'POST',
    headers: headers({ 'content-type': 'application/json' }),
    body: JSON.stringify(body),
  });
}

/** @throws RefusedError for an answer that is not 2xx and for none; an aborted request rejects as `fetch` has it. */
export async function request(path: string, init: RequestInit): Promise<Response> {
  const response = await whole(fetch(path, init), init.signal);
  if (!response.ok) throw new RefusedError(await refusalOf(response));
  return response;
}

/** A connection can be lost before the answer and in the middle of it: both are told alike. */
async function whole<Part>(coming: Promise<Part>, signal?: AbortSignal | null): Promise<Part> {
  try {
    return await coming;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RefusedError({
      status: 0,
      message: 'The server does not answer.',
      remedy: 'Is it still running? Start it again and retry.',
    });
  }
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
