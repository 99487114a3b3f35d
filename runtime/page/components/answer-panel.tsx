import { useEffect, useState } from 'preact/hooks';
import { milliseconds, percent } from '../numbers.js';
import { useObjectUrl } from '../object-url.js';
import type { Health } from '../service.js';
import type { Answer, Asked, Bar, Refusal, Seen, Summary } from '../types.js';
import { CopyAs } from './copy-as.js';
import { FeedbackForm } from './feedback-form.js';

interface Props {
  readonly asked: Asked;
  readonly summary: Summary;
  readonly health: Health;
}

/** So many bars are shown without being asked for. */
const FEW = 8;

/** The answer first: the class, bars, times; then the question whether it is right; then the request as code. */
export function AnswerPanel({ asked, summary, health }: Props) {
  return (
    <section class="card answer" aria-labelledby="answer-heading" aria-busy={asked.state === 'waiting'}>
      <h2 id="answer-heading" class="visually-hidden">
        Answer
      </h2>
      {/* Always there, since a live region that comes with its text is not read. */}
      <p role="status" class="visually-hidden">
        {spoken(asked)}
      </p>
      {asked.state === 'empty' && <Invitation summary={summary} />}
      {asked.state === 'waiting' && <Waiting asked={asked} health={health} />}
      {asked.state === 'refused' && <Problem refusal={asked.refusal} />}
      {asked.state === 'answered' && (
        <>
          <Verdict answer={asked.answer} seen={asked.seen} />
          <Bars answer={asked.answer} />
          <Times answer={asked.answer} />
          {summary.modelType !== 'others' && asked.answer.predicted?.code !== undefined && (
            <FeedbackForm key={asked.answer.id} answer={asked.answer} summary={summary} />
          )}
        </>
      )}
      {'picture' in asked && asked.picture && asked.state !== 'waiting' && (
        <CopyAs picture={asked.picture} summary={summary} />
      )}
    </section>
  );
}

function spoken(asked: Asked): string {
  if (asked.state === 'waiting') return 'Classifying';
  if (asked.state !== 'answered') return '';
  const { predicted } = asked.answer;
  if (!predicted) return 'Answered';
  return predicted.probability === undefined ? predicted.name : `${predicted.name}, ${percent(predicted.probability)}`;
}

/** So many class names are shown before there is a picture. */
const NAMES = 18;

function Invitation({ summary }: { readonly summary: Summary }) {
  const { classes } = summary;
  const more = classes.length - NAMES;
  return (
    <div class="invitation">
      <p class="lead">The answer appears here.</p>
      {classes.length > 0 && (
        <>
          <p class="quiet">{`The model knows ${classes.length.toLocaleString('en')} classes:`}</p>
          <ul class="names">
            {classes.slice(0, NAMES).map(({ name, code }) => (
              <li key={code}>
                {name} <span class="code">{code}</span>
              </li>
            ))}
            {more > 0 && <li class="code">{`and ${more.toLocaleString('en')} more`}</li>}
          </ul>
        </>
      )}
    </div>
  );
}

/** An answer that takes longer than this is waited for visibly; a faster one only replaces the one before. */
const LATE_MS = 250;

function Waiting({ asked, health }: { readonly asked: Extract<Asked, { state: 'waiting' }>; readonly health: Health }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    const timer = setTimeout(() => setLate(true), LATE_MS);
    return () => clearTimeout(timer);
  }, [asked.picture]);
  if (!late) {
    return (
      <div class="last" inert>
        {asked.last && (
          <>
            <Verdict answer={asked.last} seen={{ state: 'waiting' }} />
            <Bars answer={asked.last} />
          </>
        )}
      </div>
    );
  }
  return (
    <div class="skeleton">
      <p class="lead">Classifying…</p>
      {health === 'loading' && <p class="quiet">The model is loading; the picture waits for it.</p>}
      {[100, 84, 92, 76].map((width) => (
        <div class="track" key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}

function Verdict({ answer, seen }: { readonly answer: Answer; readonly seen: Seen }) {
  const { predicted } = answer;
  return (
    <div class="verdict">
      {predicted ? (
        <p>
          <strong>{predicted.name}</strong>
          <span class="quiet number">
            {[
              ...(predicted.probability === undefined ? [] : [percent(predicted.probability)]),
              ...(predicted.code === undefined ? [] : [`code ${predicted.code}`]),
            ].join(' · ')}
          </span>
        </p>
      ) : (
        <pre>{JSON.stringify(answer.raw, null, 2)}</pre>
      )}
      <SeenPicture seen={seen} />
    </div>
  );
}

function SeenPicture({ seen }: { readonly seen: Seen }) {
  const url = useObjectUrl(seen.state === 'shown' ? seen.png : undefined);
  if (seen.state === 'none' && seen.why !== undefined) {
    return (
      <p class="seen quiet" title={seen.why}>
        no preview
      </p>
    );
  }
  if (!url) return null;
  return (
    <figure class="seen">
      <img src={url} alt="As the model sees it, after crop and resize" />
      <figcaption class="quiet">what it sees</figcaption>
    </figure>
  );
}

function Bars({ answer: { bars, predicted } }: { readonly answer: Answer }) {
  const [all, setAll] = useState(false);
  if (bars.length === 0) return null;
  return (
    <div>
      <ol class={`bars${all ? ' all' : ''}`} aria-label="Classes by probability" {...(all ? { tabIndex: 0 } : {})}>
        {(all || bars.length <= FEW ? bars : top(bars, predicted)).map((bar) => (
          <li key={bar.name} class={bar.name === predicted?.name ? 'predicted' : ''}>
            <span class="name" title={bar.name}>
              {bar.name} {bar.code !== undefined && <span class="code">{bar.code}</span>}
            </span>
            <div class="track">
              <div class="fill" style={{ width: `${(bar.probability ?? 0) * 100}%` }} />
            </div>
            <span class="number">{percent(bar.probability ?? 0)}</span>
          </li>
        ))}
      </ol>
      {bars.length > FEW && (
        <button type="button" class="plain" onClick={() => setAll(!all)}>
          {all ? 'Show the top five' : `Show all ${bars.length.toLocaleString('en')}`}
        </button>
      )}
    </div>
  );
}

/** The five most probable, and what was predicted where it is none of them. */
function top(bars: readonly Bar[], predicted: Bar | undefined): readonly Bar[] {
  const five = bars.slice(0, 5);
  const named = bars.find(({ name }) => name === predicted?.name);
  return named && !five.includes(named) ? [...five, named] : five;
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
      <p class="lead">No answer</p>
      <p>{refusal.message}</p>
      {refusal.remedy && <p class="quiet">{refusal.remedy}</p>}
    </div>
  );
}
