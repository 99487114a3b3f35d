import express, { type ErrorRequestHandler, type Router } from 'express';
import { KatonicError } from '../../errors.js';
import { type FeedbackBody, readFeedbackBody } from '../../feedback/body.js';
import type { FeedbackEntry, FeedbackReport, Store, StoredPrediction } from '../../feedback/store.js';
import type { Recorded } from '../../workers/messages.js';

export interface FeedbackRouteOptions {
  readonly store: Store;
  /** Bytes; as for predictions. */
  readonly maxBody: number;
  /**
   * What the model answers to one `data` value, for the platform's older body, which has no predicted label.
   * `undefined` where the answer carries no `predicted_label`.
   */
  readonly classify?: (data: unknown) => Promise<Recorded | undefined>;
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
  const json = express.json({ limit: options.maxBody, type: () => true, strict: false });
  router.use('/feedback', json, asProblem(options.maxBody));
  router.post('/feedback', async (request, response) => {
    const { store } = options;
    if (store.modelType === 'others') throw noModelMetrics();
    const body = readFeedbackBody(request.body, store.labels);
    const report = await store.addFeedback(await entries(body, options));
    options.onFeedback?.();
    response.json({ received: body.actual.length, ...report, warnings: body.warnings } satisfies FeedbackAnswer);
  });
  return router;
}

async function entries(body: FeedbackBody, options: FeedbackRouteOptions): Promise<FeedbackEntry[]> {
  const actual = (i: number) => body.actual[i] as FeedbackEntry['actual'];
  if (body.form === 'labels') return body.predicted.map((predicted, i) => ({ predicted, actual: actual(i) }));
  if (body.form === 'data') {
    const entries: FeedbackEntry[] = [];
    for (const [i, data] of body.data.entries()) {
      entries.push({ predicted: await predictedLabel(data, i, options), actual: actual(i) });
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

async function predictedLabel(data: unknown, i: number, { classify, store }: FeedbackRouteOptions) {
  const label = (await classify?.(data))?.label;
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

/** What the body reader throws, in the words of this project. */
function asProblem(maxBody: number): ErrorRequestHandler {
  return (error: { type?: string; message: string }, _request, _response, next) => {
    if (error.type === 'entity.too.large') {
      const message = `expected a body of at most ${maxBody} bytes, got a larger one`;
      return next(new KatonicError({ code: 'too_large', message, remedy: 'Send the labels in several requests.' }));
    }
    if (error.type === 'entity.parse.failed') {
      const message = `expected a JSON object, got text that is not JSON: ${error.message}`;
      return next(new KatonicError({ code: 'not_json', message, where: { field: ['body'] } }));
    }
    next(error);
  };
}
