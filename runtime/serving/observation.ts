import type { Router } from 'express';
import type { Store } from '../feedback/store.js';
import { Feed } from '../monitoring/feed.js';
import { createMetrics } from '../monitoring/prometheus.js';
import type { PoolStats } from '../workers/pool.js';
import type { PredictionListener } from './events.js';
import { type FeedbackRouteOptions, feedbackRoutes } from './routes/feedback.js';
import { metricsRoutes } from './routes/metrics.js';
import { monitoringRoutes } from './routes/monitoring.js';

export interface ObservationOptions extends Omit<FeedbackRouteOptions, 'onFeedback'> {
  readonly store: Store;
  readonly pool: () => PoolStats;
}

/** Feedback and monitoring of a server, ready to be mounted. */
export interface Observation {
  readonly onPrediction: PredictionListener;
  readonly routers: { readonly prefixed: readonly Router[]; readonly root: readonly Router[] };
  /** Ends the streams and the store; to be awaited when the server stops. */
  close(): Promise<void>;
}

/** Joins store, metrics and routes: the server mounts the routers and tells every prediction. */
export function observe(options: ObservationOptions): Observation {
  const { store, pool } = options;
  const feed = new Feed(store);
  const metrics = createMetrics(store, pool);
  const monitoring = monitoringRoutes(feed);
  const feedback = feedbackRoutes({ ...options, onFeedback: () => feed.changed() });
  return {
    onPrediction(event) {
      metrics.observe(event);
      store.recordPrediction(event);
      feed.changed();
    },
    routers: { prefixed: [feedback, monitoring.router], root: [metricsRoutes(metrics)] },
    async close() {
      monitoring.close();
      await store.close();
    },
  };
}
