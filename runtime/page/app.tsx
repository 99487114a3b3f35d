import { useState } from 'preact/hooks';
import { useAsking } from './asking.js';
import { AnswerPanel } from './components/answer-panel.js';
import { Figures } from './components/figures.js';
import { PicturePanel } from './components/picture-panel.js';
import { Settings } from './components/settings.js';
import { type Health, useService } from './service.js';
import type { Summary } from './types.js';

/** The whole page: picture and answer first, figures second, settings last. */
export function App() {
  const [{ summary, health, problem }, onLost] = useService();
  const [asked, ask] = useAsking(summary, onLost);
  const [tokenCount, setTokenCount] = useState(0);

  if (!summary) {
    return problem ? (
      <main class="card problem" role="alert">
        <h1>The service cannot be read</h1>
        <p>{problem.message}</p>
        {problem.remedy && <p class="quiet">{problem.remedy}</p>}
      </main>
    ) : (
      <main class="quiet" aria-busy="true">
        Loading…
      </main>
    );
  }
  return (
    <>
      <header class="masthead">
        <h1>{summary.name}</h1>
        {summary.description && <p class="quiet">{summary.description}</p>}
        <State summary={summary} health={health} />
      </header>
      <main>
        <div class="columns">
          <PicturePanel asked={asked} samples={summary.samples} onPicture={ask} />
          <AnswerPanel asked={asked} summary={summary} health={health} />
        </div>
        <Figures key={tokenCount} summary={summary} onLost={onLost} />
        <Settings summary={summary} onToken={() => setTokenCount(tokenCount + 1)} />
      </main>
    </>
  );
}

function State({ summary, health }: { readonly summary: Summary; readonly health: Health }) {
  const words = {
    ready: summary.engines[0]?.engine ?? 'ready',
    loading: 'the model is loading',
    away: 'the server does not answer',
  };
  return (
    <p class="state quiet" role="status">
      <span class={`dot ${health}`} aria-hidden="true" />
      {words[health]}
    </p>
  );
}
