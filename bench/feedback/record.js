import { cpus } from 'node:os';
import { setImmediate as breathe } from 'node:timers/promises';
import { createMetrics } from '../../dist/runtime/monitoring/prometheus.js';
import { openBenchStore, table } from './common.js';

const PER_SECOND = [50, 250, 1000];
const SECONDS = 20;

/**
 * What recording a prediction costs: metrics, the buffer, and writing it once a second, as a server does. Processor
 * time, not wall time, so that other work on the machine does not count. A server at its limit with R predictions a
 * second on C cores spends C / R on each of them: the share is the cost over that.
 */
export async function recordingBench() {
  const store = await openBenchStore();
  const metrics = createMetrics(store, () => ({ queued: 0, restarts: 0, workers: [] }));
  await processorTime(store, metrics, 250); // warms up
  const rows = [];
  for (const rate of PER_SECOND) {
    const us = await processorTime(store, metrics, rate);
    rows.push([rate, us.toFixed(1), `${((us * rate) / (10_000 * cpus().length)).toFixed(2)} %`]);
  }
  await store.close();
  return table(['predictions/s at the limit', 'us a prediction', 'share of the throughput'], rows);
}

/** Microseconds a prediction. */
async function processorTime(store, metrics, rate) {
  const start = Date.now() - SECONDS * 1000;
  let busy = 0;
  for (let second = 0; second < SECONDS; second++) {
    const events = Array.from({ length: rate }, (_, i) => event(start + second * 1000 + (i * 1000) / rate));
    const before = process.cpuUsage();
    for (const one of events) {
      metrics.observe(one);
      store.recordPrediction(one);
    }
    await store.predictions([]); // writes what is held
    const { user, system } = process.cpuUsage(before);
    busy += user + system;
    await breathe();
  }
  return busy / (rate * SECONDS);
}

let serial = 0;

function event(at) {
  serial++;
  return {
    id: `6f2d1c1e-0000-4000-8000-${String(serial).padStart(12, '0')}`,
    at,
    status: 200,
    stages: {
      queue: Math.random(),
      decode: 5 * Math.random(),
      preprocess: 9,
      infer: 8 + Math.random(),
      total: 20 + 9 * Math.random(),
    },
    recorded: { label: serial % 6, confidence: Math.random() },
  };
}
