import { useState } from 'preact/hooks';
import type { Answer, Bar, Refusal, Summary } from '../types.js';
import { FeedbackForm } from './feedback-form.js';

export type Outcome =
  | { readonly state: 'empty' }
  | { readonly state: 'waiting'; readonly last?: Answer }
  | { readonly state: 'answered'; readonly answer: Answer }
  | { readonly state: 'refused'; readonly refusal: Refusal };

interface Props {
  readonly outcome: Outcome;
  readonly summary: Summary;
  readonly onFeedback: () => void;
}

/** So many bars are shown without being asked for. */
const FEW = 8;

/** The answer first: top class, bars, times; then the question whether it is right. */
export function AnswerPanel({ outcome, summary, onFeedback }: Props) {
  const answer = outcome.state === 'answered' ? outcome.answer : outcome.state === 'waiting' ? outcome.last : undefined;
  return (
    <section
      class={`card answer${outcome.state === 'waiting' ? ' waiting' : ''}`}
      aria-labelledby="answer-heading"
      aria-busy={outcome.state === 'waiting'}
    >
      <h2 id="answer-heading" class="visually-hidden">
        Answer
      </h2>
      <div aria-live="polite">
        {outcome.state === 'refused' ? (
          <Problem refusal={outcome.refusal} />
        ) : answer ? (
          <Verdict answer={answer} />
        ) : (
          <Placeholder summary={summary} waiting={outcome.state === 'waiting'} />
        )}
      </div>
      {answer && outcome.state !== 'refused' && (
        <>
          <Bars bars={answer.bars} />
          <Times answer={answer} />
          {summary.modelType !== 'others' && answer.bars[0]?.code !== undefined && (
            <FeedbackForm key={answer.id} answer={answer} summary={summary} onFeedback={onFeedback} />
          )}
        </>
      )}
    </section>
  );
}

function Placeholder({ summary, waiting }: { readonly summary: Summary; readonly waiting: boolean }) {
  const names = summary.classes.slice(0, 6).map(({ name }) => name);
  const more = summary.classes.length - names.length;
  return (
    <div class="placeholder">
      <p>{waiting ? 'Classifying…' : 'The answer appears here.'}</p>
      {names.length > 0 && (
        <p class="quiet">{`Knows ${summary.classes.length} classes: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`}</p>
      )}
    </div>
  );
}

function Verdict({ answer }: { readonly answer: Answer }) {
  const top = answer.bars[0];
  if (!top) return <pre>{JSON.stringify(answer.raw, null, 2)}</pre>;
  return (
    <p class="verdict">
      <strong>{top.name}</strong>
      {top.probability !== undefined && <span class="confidence number">{percent(top.probability)}</span>}
      {top.code !== undefined && <span class="quiet">code {top.code}</span>}
    </p>
  );
}

function Bars({ bars }: { readonly bars: readonly Bar[] }) {
  const [all, setAll] = useState(false);
  if (bars.length === 0 || bars[0]?.probability === undefined) return null;
  const shown = all || bars.length <= FEW ? bars : bars.slice(0, 5);
  return (
    <div>
      <ol class={`bars${all ? ' all' : ''}`} aria-label="Classes by probability" {...(all ? { tabIndex: 0 } : {})}>
        {shown.map((bar) => (
          <li key={bar.name}>
            <span class="name" title={bar.name}>
              {bar.name} {bar.code !== undefined && <span class="code">{bar.code}</span>}
            </span>
            <span class="number">{percent(bar.probability ?? 0)}</span>
            <div class="track">
              <div class="fill" style={{ width: `${(bar.probability ?? 0) * 100}%` }} />
            </div>
          </li>
        ))}
      </ol>
      {bars.length > FEW && (
        <button type="button" class="plain" onClick={() => setAll(!all)}>
          {all ? 'Show the top five' : `Show all ${bars.length}`}
        </button>
      )}
    </div>
  );
}

/** `preprocess` holds fetch and decode, `total` everything. */
const inOthers = new Set(['preprocess', 'total']);

function Times({ answer }: { readonly answer: Answer }) {
  return (
    <ul class="times quiet number" aria-label="Time by stage">
      {answer.stages
        .filter(({ name }) => !inOthers.has(name))
        .map(({ name, ms }) => (
          <li key={name}>
            {name} {milliseconds(ms)}
          </li>
        ))}
      <li>round trip {milliseconds(answer.totalMs)}</li>
    </ul>
  );
}

function Problem({ refusal }: { readonly refusal: Refusal }) {
  return (
    <div class="problem" role="alert">
      <strong>{refusal.message}</strong>
      {refusal.remedy && <p>{refusal.remedy}</p>}
    </div>
  );
}

function percent(probability: number): string {
  const value = probability * 100;
  return `${value >= 99.95 || value === 0 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(1) : '<0.1'}%`;
}

export function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
