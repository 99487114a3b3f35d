import type { Router } from 'express';
import type { Pictures } from '../feedback/pictures.js';
import type { Store } from '../feedback/store.js';
import { Feed } from '../monitoring/feed.js';
import { createMetrics } from '../monitoring/prometheus.js';
import type { Tracing } from '../monitoring/tracing.js';
import type { Pool } from '../workers/pool.js';
import type { PredictionListener } from './events.js';
import { feedbackRoutes } from './routes/feedback.js';
import { metricsRoutes } from './routes/metrics.js';
import { monitoringRoutes } from './routes/monitoring.js';

export interface ObservationOptions {
  readonly store: Store;
  /** Asked for its figures when Prometheus scrapes, and for the older feedback body, which lacks the predicted label. */
  readonly pool: Pick<Pool, 'stats' | 'predict'>;
  /** Bytes of a feedback body. */
  readonly maxBody: number;
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
export function observe({ store, pool, maxBody, tracing, pictures }: ObservationOptions): Observation {
  const feed = new Feed(store);
  const metrics = createMetrics(store, () => pool.stats());
  const monitoring = monitoringRoutes(feed);
  const classify = async (data: unknown) => {
    const { recorded } = await pool.predict('json', Buffer.from(JSON.stringify({ data }))).answer;
    return recorded;
  };
  const feedback = feedbackRoutes({ store, maxBody, classify, onFeedback: () => feed.changed() });
  return {
    onPrediction(event, sent) {
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
