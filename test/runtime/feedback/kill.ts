import { expect } from 'vitest';
import { openStore } from '../../../runtime/feedback/store.js';
import type { Figures } from '../../../runtime/monitoring/figures.js';
import { alive, type Front, startFront } from '../../support/front.js';
import { temporaryPackage } from '../../support/serve.js';

/** Each pair of labels is sent once, so that every row in the database tells which request it came from. */
const LABELS = Array.from({ length: 200 }, (_, code) => code);
const CALLERS = 6;
const LONGEST_MS = 400;

const LAUNCH = `
export const loadmodel = () => ({});
export const preprocessing = () => false;
export const predict = () => ({ predicted_label: 1, confidence: 0.5 });
`;

/** One feedback request: the rows it is to become, and whether it was answered 200. */
interface Request {
  readonly rows: readonly string[];
  acknowledged: boolean;
}

/**
 * Kills a server, and its workers, `times` times in the middle of feedback that comes over HTTP, each at another moment.
 * After each: every request that was acknowledged is in the database, once and whole; of the others all or nothing;
 * nothing else; and the figures are those of the rows.
 */
export async function killAndCount(times: number, dataDir: string, databaseUrl?: string): Promise<void> {
  const name = `killed-${Math.random().toString(36).slice(2)}`;
  const pkg = temporaryPackage(LAUNCH, {
    'package.json': JSON.stringify({ name, version: '1.0.0', type: 'module' }),
    'labels_file.json': JSON.stringify({ labels: LABELS }),
  });
  const settings = { dataDir, workers: 1, ...(databaseUrl === undefined ? {} : { databaseUrl }) };
  const requests: Request[] = [];
  let rows: string[] = [];
  for (let round = 0; round < times; round++) {
    const front = await startFront(pkg.dir, settings);
    const ms = Math.random() * LONGEST_MS;
    await killAmid(front, ms, round % 3 === 0, requests);
    rows = await stored(dataDir, databaseUrl, name);
    compare(rows, requests, `round ${round}, killed after ${ms.toFixed(0)} ms`);
  }
  const acknowledged = requests.filter((request) => request.acknowledged).length;
  console.log(`kill: ${times} kills, ${requests.length} feedback requests, ${acknowledged} acknowledged, none lost`);
  const front = await startFront(pkg.dir, settings);
  const figures = (await (await fetch(`${front.url}/api/v1/monitoring`)).json()) as Figures;
  expect(figures.feedback?.count).toBe(rows.length);
  expect(figures.coverage?.with_feedback).toBe(rows.filter((row) => row.startsWith('id ')).length);
  front.process.kill('SIGKILL');
  await front.ended;
  pkg.remove();
}

/** Sends feedback until the server is killed, `ms` after the first answer; in some rounds a worker dies shortly before. */
async function killAmid(front: Front, ms: number, workerFirst: boolean, requests: Request[]): Promise<void> {
  let killed = false;
  let answered = () => {};
  const first = new Promise<void>((resolve) => {
    answered = resolve;
  });
  const callers = Array.from({ length: CALLERS }, async (_, caller) => {
    for (let turn = caller; ; turn++) {
      try {
        await (turn % 2 === 0 ? sendLabels(front.url, requests) : sendId(front.url, requests));
      } catch (error) {
        // What the kill cuts off was not acknowledged.
        if (killed && error instanceof TypeError) return;
        throw error;
      }
      answered();
    }
  });
  await Promise.race([first, ...callers]);
  await pause(ms / 2);
  if (workerFirst) kill(front.pids[0] as number);
  await pause(ms / 2);
  killed = true;
  front.process.kill('SIGKILL');
  for (const pid of front.pids) kill(pid);
  await Promise.all([front.ended, ...callers]);
}

/** The platform's form, two labels. */
async function sendLabels(url: string, requests: Request[]): Promise<void> {
  const [a, b] = [2 * requests.length, 2 * requests.length + 1].map(pairOf) as [Pair, Pair];
  const request = { rows: [`pair ${a.join(' ')}`, `pair ${b.join(' ')}`], acknowledged: false };
  requests.push(request);
  await acknowledge(url, request, { predicted_label: [a[0], b[0]], true_label: [a[1], b[1]] });
}

/** By the id of a prediction that was answered just now. */
async function sendId(url: string, requests: Request[]): Promise<void> {
  const response = await post(`${url}/predict`, { data: 'anything' });
  await response.arrayBuffer();
  if (response.status !== 200) return; // its worker was killed
  const id = response.headers.get('x-request-id') as string;
  const actual = requests.length % LABELS.length;
  const request = { rows: [`id ${id} 1 ${actual}`], acknowledged: false };
  requests.push(request);
  await acknowledge(url, request, { id, true_label: actual });
}

async function acknowledge(url: string, request: Request, body: unknown): Promise<void> {
  const response = await post(`${url}/feedback`, body);
  // The status line is the acknowledgement, also where the kill cuts off the rest.
  request.acknowledged = response.status === 200;
  expect(response.status, await response.text()).toBe(200);
}

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

type Pair = readonly [predicted: number, actual: number];

function pairOf(serial: number): Pair {
  if (serial >= LABELS.length ** 2) throw new Error('more feedback than there are pairs of labels');
  return [Math.floor(serial / LABELS.length), serial % LABELS.length];
}

/** What the database holds, written as {@link Request.rows}; and whether the figures are those of the rows. */
async function stored(dataDir: string, databaseUrl: string | undefined, name: string): Promise<string[]> {
  const store = await openStore({ dataDir, databaseUrl, package: name, labels: LABELS, modelType: 'multi-class' });
  const rows: string[] = [];
  for await (const { predicted, actual, predictionId } of store.export()) {
    rows.push(`${predictionId === undefined ? 'pair' : `id ${predictionId}`} ${predicted} ${actual}`);
  }
  const { confusion, calibration } = await store.read('all');
  await store.close();
  expect(sum(confusion)).toBe(rows.length);
  expect(sum(calibration)).toBe(rows.filter((row) => row.startsWith('id ')).length);
  return rows;
}

function compare(rows: readonly string[], requests: readonly Request[], when: string): void {
  const there = new Set(rows);
  expect(there.size, `${when}: feedback was stored twice`).toBe(rows.length);
  for (const request of requests) {
    const found = request.rows.filter((row) => there.delete(row)).length;
    if (request.acknowledged) expect(found, `${when}: acknowledged feedback was lost`).toBe(request.rows.length);
    else expect([0, request.rows.length], `${when}: a request was stored in part`).toContain(found);
  }
  expect([...there], `${when}: rows that nobody sent`).toEqual([]);
}

function kill(pid: number): void {
  if (alive(pid)) process.kill(pid, 'SIGKILL');
}

function sum(rows: readonly { readonly count: number }[]): number {
  return rows.reduce((total, { count }) => total + count, 0);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
