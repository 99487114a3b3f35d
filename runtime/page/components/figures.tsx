import { Fragment } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { basisOf } from '../basis.js';
import { type Figures as FiguresData, filled, type Label, type Window } from '../figures.js';
import { count, milliseconds, percent, rate } from '../numbers.js';
import { watchFigures } from '../stream.js';
import type { Refusal, Summary } from '../types.js';
import { Chart } from './chart.js';
import { ClassTable } from './class-table.js';
import { ConfusionMatrix } from './confusion-matrix.js';

const windows: readonly { readonly id: Window; readonly name: string }[] = [
  { id: 'hour', name: 'Last hour' },
  { id: 'day', name: 'Last day' },
  { id: 'all', name: 'All' },
];

/** The figures, live: operational ones always, the model's own once there is feedback. */
export function Figures({ summary, onLost }: { readonly summary: Summary; readonly onLost: () => void }) {
  const [window, setWindow] = useState<Window>('hour');
  const [figures, setFigures] = useState<FiguresData>();
  const [trouble, setTrouble] = useState('');

  useEffect(() => {
    const leaving = new AbortController();
    const take = (next: FiguresData) => {
      setFigures(next);
      setTrouble('');
    };
    const onTrouble = ({ status, message }: Refusal) => {
      setTrouble(message);
      if (status === 0) onLost();
    };
    void watchFigures(summary.prefix, window, leaving.signal, take, onTrouble);
    return () => leaving.abort();
  }, [summary.prefix, window, onLost]);

  return (
    <section class="card figures" aria-labelledby="figures-heading">
      <div class="row">
        <h2 id="figures-heading">Figures</h2>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own frame and legend */}
        <div class="row end" role="group" aria-label="Window">
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
  const scores = figures.feedback;
  if (modelType === 'others') {
    return (
      <>
        <Operation figures={figures} />
        <p class="quiet">A model of the type Others gets operational figures only, as on the platform.</p>
      </>
    );
  }
  return (
    <div class="columns">
      <Operation figures={figures} />
      <div class="stack">
        {scores && scores.count > 0 ? (
          <>
            <Tiles
              tiles={[
                ['Accuracy', percent(scores.accuracy)],
                ['Precision', scores.macro.precision.toFixed(2)],
                ['Recall', scores.macro.recall.toFixed(2)],
                ['F1', scores.macro.f1.toFixed(2)],
              ]}
            />
            <ConfusionMatrix scores={scores} nameOf={nameOf} />
            <ClassTable scores={scores} nameOf={nameOf} />
          </>
        ) : (
          <p class="quiet hint">
            Say whether an answer is right: accuracy, precision, recall, F1 and the confusion matrix appear here.
          </p>
        )}
        <Basis figures={figures} />
      </div>
    </div>
  );
}

function Operation({ figures }: { readonly figures: FiguresData }) {
  const { requests, latency_ms: latency } = figures;
  return (
    <div class="stack">
      <Tiles
        tiles={[
          ['Requests', count(requests.count)],
          ['Rate', requests.per_second === null ? '–' : rate(requests.per_second)],
          ['Latency p50', latency.total ? milliseconds(latency.total.p50) : '–'],
          ['Latency p99', latency.total ? milliseconds(latency.total.p99) : '–'],
        ]}
      />
      <div class="charts">
        <Charts figures={figures} />
      </div>
      {requests.refused + requests.errors > 0 && (
        <p class="quiet">{`Of the requests, ${count(requests.refused)} were refused (4xx) and ${count(requests.errors)} failed (5xx).`}</p>
      )}
    </div>
  );
}

function Tiles({ tiles }: { readonly tiles: readonly (readonly [name: string, value: string])[] }) {
  return (
    <dl class="tiles">
      {tiles.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Basis({ figures }: { readonly figures: FiguresData }) {
  const facts = basisOf(figures);
  if (facts.length === 0) return null;
  return (
    <dl class="facts">
      {facts.map(([term, text]) => (
        <Fragment key={term}>
          <dt>{term}</dt>
          <dd class="number">{text}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

const bucketNames: Readonly<Record<number, string>> = { 60: 'minute', 3600: 'hour', 86400: 'day' };

function Charts({ figures }: { readonly figures: FiguresData }) {
  const { times, counts, p50, p95, from, to } = useMemo(() => filled(figures), [figures]);
  const axis = { times, from, to };
  const bucket = bucketNames[figures.series.bucket_seconds] ?? `${figures.series.bucket_seconds} s`;
  const busiest = counts.reduce((most, one) => Math.max(most, one), 0);
  const slowest = p95.reduce<number>((most, one) => Math.max(most, one ?? 0), 0);
  return (
    <>
      <Chart
        title={`Requests per ${bucket}`}
        spoken={busiest === 0 ? 'No requests.' : `Requests per ${bucket}: at most ${count(busiest)}.`}
        {...axis}
        lines={[{ name: 'requests', values: counts }]}
        form="bars"
      />
      <Chart
        title="Latency, ms"
        spoken={
          busiest === 0 ? 'No latency yet.' : `Latency per ${bucket}: the slowest p95 is ${milliseconds(slowest)}.`
        }
        {...axis}
        lines={[
          { name: 'p50', values: p50 },
          { name: 'p95', values: p95, quiet: true },
        ]}
        form="lines"
      />
    </>
  );
}
