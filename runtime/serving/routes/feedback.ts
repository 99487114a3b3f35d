import express, { type Response, type Router } from 'express';
import { KatonicError } from '../../errors.js';
import { type FeedbackBody, readFeedbackBody } from '../../feedback/body.js';
import type { Label } from '../../feedback/scoring.js';
import type { FeedbackEntry, FeedbackReport, Store, StoredPrediction } from '../../feedback/store.js';
import type { Recorded } from '../../launch/answer.js';
import { whole } from '../../workers/frames.js';
import type { ReadBody, Sent } from '../body.js';

export interface FeedbackRouteOptions {
  readonly store: Store;
  /** The one of predictions, so that its limits hold for both together. */
  readonly readBody: ReadBody;
  /**
   * What the model answers to one `data` value, for the platform's older body, which has no predicted label.
   * `undefined` where the answer carries no `predicted_label`. Given up when `signal` says so.
   */
  readonly classify?: (data: unknown, signal: AbortSignal) => Promise<Recorded | undefined>;
  /** Called once a batch is stored. */
  readonly onFeedback?: () => void;
}

/** The answer of `POST /feedback`. */
export interface FeedbackAnswer extends FeedbackReport {
  readonly received: number;
  readonly warnings: readonly string[];
}

/** `POST /feedback`, to be mounted at the prefix and, as the short form, at the root. */
export function feedbackRoutes(options: FeedbackRouteOptions): Router {
  const router = express.Router();
  router.post('/feedback', async (request, response) => {
    const { store, readBody } = options;
    const left = leaving(response);
    let storing = false;
    try {
      const sent = await readBody(request, response, 'json');
      if (store.modelType === 'others') throw noModelMetrics();
      const body = readFeedbackBody(parsed(sent), store.labels);
      const gathered = await entries(body, options, left);
      storing = true;
      const report = await store.addFeedback(gathered);
      options.onFeedback?.();
      response.json({ received: body.actual.length, ...report, warnings: body.warnings } satisfies FeedbackAnswer);
    } catch (thrown) {
      // Nobody is there to be told what became of their request; that it could not be stored goes to the log.
      if (left.aborted && !storing) return;
      throw thrown;
    }
  });
  return router;
}

/** Aborted when the caller leaves before it was answered. */
function leaving(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

function parsed({ body }: Sent): unknown {
  const text = new TextDecoder().decode(whole(body)); // without a byte order mark
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `expected a JSON object, got text that is not JSON: ${(error as Error).message}`;
    throw new KatonicError({ code: 'not_json', message, where: { field: ['body'] } });
  }
}

async function entries(
  body: FeedbackBody,
  options: FeedbackRouteOptions,
  left: AbortSignal,
): Promise<readonly FeedbackEntry[]> {
  const actual = (i: number) => body.actual[i] as FeedbackEntry['actual'];
  if (body.form === 'labels') return body.predicted.map((predicted, i) => ({ predicted, actual: actual(i) }));
  if (body.form === 'data') {
    const entries: FeedbackEntry[] = [];
    for (const [i, data] of body.data.entries()) {
      entries.push({ predicted: await predictedLabel(data, i, options, left), actual: actual(i) });
    }
    return entries;
  }
  const predictions = await options.store.predictions(body.ids);
  return body.ids.map((id, i): FeedbackEntry => {
    const prediction = predictions.get(id);
    const predicted = prediction?.label === undefined ? undefined : options.store.labels.known(prediction.label);
    if (prediction === undefined || predicted === undefined) throw unusableId(id, i, prediction);
    return { predicted, actual: actual(i), predictionId: id, confidence: prediction.confidence };
  });
}

async function predictedLabel(
  data: unknown,
  i: number,
  { classify, store }: FeedbackRouteOptions,
  left: AbortSignal,
): Promise<Label> {
  left.throwIfAborted();
  const label = (await classify?.(data, left))?.label;
  const known = label === undefined ? undefined : store.labels.known(label);
  if (known !== undefined) return known;
  throw new KatonicError({
    code: 'invalid_input',
    message:
      label === undefined
        ? 'the older body {"data", "label"} has no predicted label, and the answer of this model to "data" carries none'
        : `the model answers ${JSON.stringify(label)} to "data", which is no label of labels_file.json`,
    where: { field: ['body', 'data', i] },
    remedy: 'Send {"predicted_label": [...], "true_label": [...]}.',
  });
}

function unusableId(id: string, i: number, prediction: StoredPrediction | undefined): KatonicError {
  const reason =
    prediction === undefined
      ? `no prediction with the id ${JSON.stringify(id)} is recorded`
      : prediction.label === undefined
        ? `the answer of prediction ${JSON.stringify(id)} carried no predicted_label, so there is nothing to compare`
        : `prediction ${JSON.stringify(id)} answered ${JSON.stringify(prediction.label)}, which is no label of labels_file.json`;
  return new KatonicError({
    code: 'invalid_input',
    message: reason,
    where: { field: ['body', 'id', i] },
    remedy: 'Take the id from the x-request-id header of a prediction, or send predicted_label and true_label.',
  });
}

function noModelMetrics(): KatonicError {
  return new KatonicError({
    code: 'invalid_input',
    message:
      'the model type of this package is "others": as on the platform, there are no model metrics to compute from feedback',
    where: { field: ['body'] },
    remedy: 'Set "modelType" in katonic.json to "binary" or "multi-class" and list the codes in labels_file.json.',
  });
}
