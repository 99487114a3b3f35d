import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Figures as FiguresData, Label, Window } from '../figures.js';
import { watchFigures } from '../stream.js';
import type { Summary } from '../types.js';
import { milliseconds } from './answer-panel.js';
import { Chart } from './chart.js';
import { ClassTable } from './class-table.js';
import { ConfusionMatrix } from './confusion-matrix.js';

const windows: readonly { readonly id: Window; readonly name: string }[] = [
  { id: 'hour', name: 'Last hour' },
  { id: 'day', name: 'Last day' },
  { id: 'all', name: 'All' },
];

/** The figures, live: operational ones always, the model's own once there is feedback. */
export function Figures({ summary }: { readonly summary: Summary }) {
  const [window, setWindow] = useState<Window>('hour');
  const [figures, setFigures] = useState<FiguresData>();
  const [trouble, setTrouble] = useState('');

  useEffect(() => {
    const leaving = new AbortController();
    const take = (next: FiguresData) => {
      setFigures(next);
      setTrouble('');
    };
    void watchFigures(summary.prefix, window, leaving.signal, take, setTrouble);
    return () => leaving.abort();
  }, [summary.prefix, window]);

  return (
    <section class="card figures" aria-labelledby="figures-heading">
      <div class="row spread">
        <h2 id="figures-heading">Figures</h2>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own frame and legend */}
        <div class="row" role="group" aria-label="Window">
          {windows.map(({ id, name }) => (
            <button type="button" key={id} aria-pressed={window === id} onClick={() => setWindow(id)}>
              {name}
            </button>
          ))}
        </div>
      </div>
      {trouble !== '' && <p class="quiet">{trouble}</p>}
      {figures ? (
        <Content figures={figures} modelType={summary.modelType} />
      ) : (
        <p class="quiet">Waiting for the first figures…</p>
      )}
    </section>
  );
}

function Content({ figures, modelType }: { readonly figures: FiguresData; readonly modelType: Summary['modelType'] }) {
  const names = useMemo(() => new Map(figures.classes.map(({ label, name }) => [label, name])), [figures.classes]);
  const nameOf = (label: Label) => names.get(label) ?? String(label);
  return (
    <>
      <Tiles figures={figures} />
      {figures.requests.count > 0 && <Charts figures={figures} />}
      {figures.feedback && figures.feedback.count > 0 ? (
        <div class="split">
          <ConfusionMatrix scores={figures.feedback} nameOf={nameOf} />
          <ClassTable scores={figures.feedback} nameOf={nameOf} />
        </div>
      ) : (
        <p class="quiet">
          {modelType === 'others'
            ? 'A model of the type Others gets operational figures only, as on the platform.'
            : 'Say whether an answer is right, and accuracy, recall and the confusion matrix appear here.'}
        </p>
      )}
    </>
  );
}

function Tiles({ figures }: { readonly figures: FiguresData }) {
  const { requests, latency_ms: latency, feedback, coverage, drift } = figures;
  const tiles: [string, string][] = [
    ['Requests', requests.count.toLocaleString('en')],
    ['Rate', requests.per_second === null ? '–' : rate(requests.per_second)],
    ['Latency p50', latency.total ? milliseconds(latency.total.p50) : '–'],
    ['Latency p99', latency.total ? milliseconds(latency.total.p99) : '–'],
  ];
  if (requests.errors > 0) tiles.push(['Server errors', requests.errors.toLocaleString('en')]);
  if (feedback) {
    tiles.push(
      ['Accuracy', share(feedback.accuracy)],
      ['Macro F1', feedback.macro.f1.toFixed(2)],
      ['Feedback', feedback.count.toLocaleString('en')],
    );
  }
  if (feedback && coverage?.share != null) tiles.push(['Coverage', share(coverage.share)]);
  if (drift) tiles.push(['Drift (PSI)', drift.psi.toFixed(2)]);
  return (
    <dl class="tiles">
      {tiles.map(([name, value]) => (
        <div class="tile" key={name}>
          <dt>{name}</dt>
          <dd class="value number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Charts({ figures }: { readonly figures: FiguresData }) {
  const { points, bucket_seconds: seconds } = figures.series;
  const times = points.map(({ at }) => Date.parse(at) / 1000);
  const to = Date.parse(figures.to) / 1000;
  const from = figures.from === null ? Math.min(to - 604_800, ...times) : Date.parse(figures.from) / 1000;
  const axis = { times, from, to };
  const bucket = seconds === 60 ? 'minute' : seconds === 3600 ? 'hour' : 'day';
  const busiest = Math.max(...points.map(({ count }) => count));
  const slowest = Math.max(...points.map(({ p95 }) => p95 ?? 0));
  return (
    <div class="split">
      <Chart
        title={`Requests per ${bucket}`}
        spoken={`Requests per ${bucket}: at most ${busiest}.`}
        {...axis}
        lines={[{ name: 'requests', values: points.map(({ count }) => count) }]}
        unit=""
      />
      <Chart
        title="Latency: p50, and p95 in grey"
        spoken={`Latency per ${bucket}: the slowest p95 is ${milliseconds(slowest)}.`}
        {...axis}
        lines={[
          { name: 'p50', values: points.map(({ p50 }) => p50) },
          { name: 'p95', values: points.map(({ p95 }) => p95), quiet: true },
        ]}
        unit="ms"
      />
    </div>
  );
}

function share(value: number): string {
  return `${(value * 100).toFixed(1)}%`;
}

function rate(perSecond: number): string {
  return perSecond >= 1 ? `${perSecond.toFixed(1)}/s` : `${(perSecond * 60).toFixed(1)}/min`;
}
