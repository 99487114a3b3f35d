import { useCallback, useEffect, useState } from 'preact/hooks';
import { classify, getSummary, preview, RefusedError } from './api.js';
import { AnswerPanel, type Outcome } from './components/answer-panel.js';
import { CopyAs } from './components/copy-as.js';
import { Figures } from './components/figures.js';
import { PicturePanel } from './components/picture-panel.js';
import { Settings } from './components/settings.js';
import type { Picture, Refusal, Summary } from './types.js';

/** The whole page: picture and answer first, figures second, settings last. */
export function App() {
  const [summary, setSummary] = useState<Summary>();
  const [problem, setProblem] = useState<Refusal>();
  const [picture, setPicture] = useState<Picture>();
  const [seen, setSeen] = useState<string>();
  const [outcome, setOutcome] = useState<Outcome>({ state: 'empty' });
  const [feedbackCount, setFeedbackCount] = useState(0);
  const [tokenCount, setTokenCount] = useState(0);

  useEffect(() => {
    getSummary().then(setSummary, (error: RefusedError) => setProblem(error.refusal));
  }, []);

  const onPicture = useCallback(
    async (chosen: Picture) => {
      if (!summary) return;
      setPicture(chosen);
      setSeen(undefined);
      setOutcome((before) => ({ state: 'waiting', ...(before.state === 'answered' ? { last: before.answer } : {}) }));
      try {
        const answer = await classify(chosen, summary);
        setOutcome({ state: 'answered', answer });
        const asSeen = await preview(chosen, summary);
        if (asSeen) setSeen(URL.createObjectURL(asSeen));
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        setOutcome({ state: 'refused', refusal: error.refusal });
      }
    },
    [summary],
  );

  if (problem) {
    return (
      <main class="card" role="alert">
        <h1>The service cannot be read</h1>
        <p>{problem.message}</p>
        {problem.remedy && <p class="quiet">{problem.remedy}</p>}
      </main>
    );
  }
  const lost = outcome.state === 'refused' && outcome.refusal.status === 0;
  if (!summary)
    return (
      <main class="placeholder" aria-busy="true">
        Loading…
      </main>
    );
  return (
    <>
      <header class="masthead">
        <h1>{summary.name}</h1>
        {summary.description && <p class="quiet">{summary.description}</p>}
        <p class="state quiet">
          <span class={`dot${lost ? ' down' : ''}`} aria-hidden="true" />{' '}
          {lost ? 'the server does not answer' : (summary.engines[0]?.engine ?? 'ready')}
        </p>
      </header>
      <main>
        <div class="stage">
          <PicturePanel
            picture={picture}
            seen={seen}
            samples={summary.samples}
            onPicture={(chosen) => void onPicture(chosen)}
          />
          <AnswerPanel outcome={outcome} summary={summary} onFeedback={() => setFeedbackCount(feedbackCount + 1)} />
        </div>
        <div class="below">
          {picture && outcome.state !== 'empty' && <CopyAs picture={picture} summary={summary} />}
          <Figures key={tokenCount} summary={summary} />
          <Settings summary={summary} onToken={() => setTokenCount(tokenCount + 1)} />
        </div>
      </main>
    </>
  );
}
