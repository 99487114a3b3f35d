import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createMetrics } from '../../../runtime/monitoring/prometheus.js';
import { aStore, prediction } from '../feedback/helpers.js';

interface Panel {
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}

const dashboard = JSON.parse(
  readFileSync(new URL('../../../docs/grafana/katonic-classifier.json', import.meta.url), 'utf8'),
) as { panels: Panel[] };

it('the dashboard asks only for metrics that there are, and for each of ours', async () => {
  const store = await aStore();
  const metrics = createMetrics(store, () => ({ queued: 0, restarts: 0, workers: [] }));
  metrics.observe(prediction());
  const there = [...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  const asked = dashboard.panels
    .flatMap(({ targets = [] }) => targets)
    .flatMap(({ expr }) => [...expr.matchAll(/\b(?:katonic|process)_\w+/g)].map(([name]) => name));
  expect(asked.filter((name) => !there.includes(name))).toEqual([]);
  expect(there.filter((name) => name.startsWith('katonic_') && !asked.includes(name))).toEqual([]);
});

it('no panel lies on another', () => {
  const boxes = dashboard.panels.map(({ title, gridPos }) => ({ title, ...gridPos }));
  for (const a of boxes) {
    expect(a.x + a.w, a.title).toBeLessThanOrEqual(24);
    for (const b of boxes) {
      if (a === b) continue;
      const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
      expect(apart, `${a.title} and ${b.title}`).toBe(true);
    }
  }
});
