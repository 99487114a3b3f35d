import type { Figures } from './figures.js';
import { count, percent } from './numbers.js';

/** What the model's figures rest on, each as a term and a text: a share says little without its counts. */
export function basisOf({ feedback, coverage, drift }: Pick<Figures, 'feedback' | 'coverage' | 'drift'>) {
  const facts: [term: string, text: string][] = [];
  if (feedback && feedback.count > 0) {
    const averaged = feedback.per_class.filter(({ support, predicted }) => support + predicted > 0).length;
    facts.push([
      'Feedback',
      `${count(feedback.count)} answers; precision, recall and F1 are means of ${count(averaged)} classes`,
    ]);
  }
  if (coverage && coverage.share !== null) {
    const { share, with_feedback: covered, predictions } = coverage;
    facts.push(['Coverage', `${percent(share)}: ${count(covered)} of ${count(predictions)} predictions have feedback`]);
  }
  if (drift) {
    const counts = `${count(drift.current)} predictions against ${count(drift.baseline)} before`;
    const reading = drift.level === 'too_few' ? 'too few to tell' : `${drift.level}, PSI ${drift.psi.toFixed(2)}`;
    facts.push(['Drift', `${reading}: ${counts}`]);
  }
  return facts;
}
