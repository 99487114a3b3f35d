import type { Router } from 'express';
import type { Pictures } from '../feedback/pictures.js';
import type { Store } from '../feedback/store.js';
import type { Logger } from '../launch/contract.js';
import { Feed } from '../monitoring/feed.js';
import { createMetrics } from '../monitoring/prometheus.js';
import type { Tracing } from '../monitoring/tracing.js';
import type { Pool } from '../workers/pool.js';
import type { ReadBody } from './body.js';
import type { PredictionEvent, PredictionListener } from './events.js';
import { feedbackRoutes } from './routes/feedback.js';
import { metricsRoutes } from './routes/metrics.js';
import { monitoringRoutes } from './routes/monitoring.js';

export interface ObservationOptions {
  readonly store: Store;
  /** Asked for its figures when Prometheus scrapes, and for the older feedback body, which lacks the predicted label. */
  readonly pool: Pick<Pool, 'stats' | 'predict'>;
  /** For feedback; the one of predictions. */
  readonly readBody: ReadBody;
  /** Told of each prediction that was answered in one line; what was refused or failed is logged where errors are answered. */
  readonly logger: Pick<Logger, 'info'>;
  readonly tracing?: Tracing | undefined;
  /** Present where pictures are to be kept. */
  readonly pictures?: Pictures | undefined;
}

/** Feedback and monitoring of a server, ready to be mounted. */
export interface Observation {
  readonly onPrediction: PredictionListener;
  readonly routers: { readonly prefixed: readonly Router[]; readonly root: readonly Router[] };
  /** Ends the open streams: a server that stops waits for every connection. */
  endStreams(): void;
}

/** Joins store, metrics and routes: the server mounts the routers and tells every prediction. */
export function observe({ store, pool, readBody, logger, tracing, pictures }: ObservationOptions): Observation {
  const feed = new Feed(store);
  const metrics = createMetrics(store, () => pool.stats());
  const monitoring = monitoringRoutes(feed);
  const classify = async (data: unknown, signal: AbortSignal) => {
    const { answer, cancel } = pool.predict('json', Buffer.from(JSON.stringify({ data })));
    signal.addEventListener('abort', cancel, { once: true });
    return (await answer.finally(() => signal.removeEventListener('abort', cancel))).recorded;
  };
  const feedback = feedbackRoutes({ store, readBody, classify, onFeedback: () => feed.changed() });
  return {
    onPrediction(event, sent) {
      if (event.status === 200) logger.info('predicted', inShort(event));
      metrics.observe(event);
      store.recordPrediction(event);
      feed.changed();
      tracing?.observe(event);
      if (sent !== undefined) pictures?.add(event.id, sent);
    },
    routers: { prefixed: [feedback, monitoring.router], root: [metricsRoutes(metrics)] },
    endStreams: monitoring.close,
  };
}

/** User code may answer anything as a label. */
const LONGEST_LABEL = 60;

/** What a person at a terminal wants to see, with the id that feedback refers to. */
function inShort({ id, recorded, stages }: PredictionEvent): object {
  const { label, confidence } = recorded ?? {};
  return {
    id,
    ...(label === undefined ? {} : { label: typeof label === 'string' ? label.slice(0, LONGEST_LABEL) : label }),
    ...(confidence === undefined ? {} : { confidence: Math.round(confidence * 10_000) / 10_000 }),
    ms: Math.round((stages.total ?? 0) * 10) / 10,
  };
}
