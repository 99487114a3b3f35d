import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Store, WINDOWS } from '../feedback/store.js';
import type { PredictionEvent } from '../serving/events.js';
import type { PoolStats } from '../workers/pool.js';
import { figures } from './figures.js';

/** From a cached answer to a model of several seconds; seconds, as Prometheus wants them. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Above this many classes one series a class is more than a Prometheus should carry for one model. */
const MOST_CLASSES = 200;

export interface Metrics {
  /** Called for each prediction. */
  observe(event: PredictionEvent): void;
  /** The text that Prometheus reads. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Counts predictions as they come, and looks at workers and stored figures when it is scraped. */
export function createMetrics(store: Store, pool: () => PoolStats): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: 'katonic_predictions_total',
    help: 'Predict requests answered, by HTTP status',
    labelNames: ['status'],
    registers,
  });
  const stages = new Histogram({
    name: 'katonic_prediction_stage_seconds',
    help: 'Time of a predict request by stage: queue, fetch, decode, preprocess, infer, total',
    labelNames: ['stage'],
    buckets: SECONDS,
    registers,
  });
  const labels = new Counter({
    name: 'katonic_predicted_label_total',
    help: 'Answers by predicted label; not kept for models of more than 200 classes',
    labelNames: ['label'],
    registers,
  });
  workerGauges(registers, pool);
  const refresh = modelGauges(registers, store);

  return {
    observe({ status, stages: times, recorded }) {
      requests.inc({ status });
      for (const stage in times) stages.observe({ stage }, (times[stage as keyof typeof times] as number) / 1000);
      const label = recorded?.label;
      if (
        label !== undefined &&
        store.labels.labels.length <= MOST_CLASSES &&
        store.labels.known(label) !== undefined
      ) {
        labels.inc({ label });
      }
    },
    async text() {
      await refresh();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

function workerGauges(registers: Registry[], pool: () => PoolStats): void {
  const labelNames = ['worker'];
  const gauge = (name: string, help: string, value: (worker: PoolStats['workers'][number]) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const worker of pool().workers) {
          const current = value(worker);
          if (current !== undefined) this.set({ worker: worker.number }, current);
        }
      },
    });
  gauge('katonic_worker_ready', '1 when the worker can answer', ({ state }) => (state === 'ready' ? 1 : 0));
  gauge('katonic_worker_pending', 'Requests that the worker holds', ({ pending }) => pending);
  gauge('katonic_worker_resident_bytes', 'Memory of the worker process', ({ rssBytes }) => rssBytes);
  gauge(
    'katonic_worker_tensors',
    'Tensors alive in the worker, where its engine counts them',
    ({ tensors }) => tensors,
  );
  new Counter({
    name: 'katonic_worker_answered_total',
    help: 'Requests that the worker has answered, refused and failed ones too',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { number, answered } of pool().workers) this.inc({ worker: number }, answered);
    },
  });
  new Gauge({
    name: 'katonic_queue_length',
    help: 'Requests that wait for a worker',
    registers,
    collect() {
      this.set(pool().queued);
    },
  });
  new Gauge({
    name: 'katonic_worker_restarts',
    help: 'Workers that were started again since the server started',
    registers,
    collect() {
      this.set(pool().restarts);
    },
  });
}

/**
 * Gives the function that brings them up to date, to be awaited before a scrape is answered. The model type is asked for
 * each time: `--watch` may change it.
 */
function modelGauges(registers: Registry[], store: Store): () => Promise<void> {
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames: ['window'], registers });
  const count = gauge('katonic_feedback_labels', 'Feedback labels in the window');
  const psi = gauge('katonic_prediction_drift_psi', 'Population stability index of predicted classes against before');
  const accuracy = gauge('katonic_feedback_accuracy', 'Accuracy, from feedback');
  const macro = {
    precision: gauge('katonic_feedback_precision_macro', 'Macro precision, from feedback'),
    recall: gauge('katonic_feedback_recall_macro', 'Macro recall, from feedback'),
    f1: gauge('katonic_feedback_f1_macro', 'Macro F1, from feedback'),
  };
  const up = new Gauge({ name: 'katonic_store_up', help: '1 when the feedback database answers', registers });

  return async () => {
    for (const one of [count, psi, accuracy, ...Object.values(macro)]) one.reset();
    // A database that is away must not hide the figures of the server itself.
    const reads = await Promise.all(WINDOWS.map((window) => store.read(window))).catch(() => []);
    up.set(reads.length > 0 ? 1 : 0);
    if (store.modelType === 'others') return;
    for (const read of reads) {
      const { window, feedback, drift } = figures(read, store.labels, store.modelType);
      count.set({ window }, feedback?.count ?? 0);
      if (drift !== null) psi.set({ window }, drift.psi);
      if (feedback === null) continue;
      accuracy.set({ window }, feedback.accuracy);
      for (const figure of ['precision', 'recall', 'f1'] as const)
        macro[figure].set({ window }, feedback.macro[figure]);
    }
  };
}
