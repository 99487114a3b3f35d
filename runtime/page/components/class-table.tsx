import type { Scores } from '../figures.js';

const SHOWN = 12;

/** Precision, recall and F1 of each class that has feedback, the most frequent first. */
export function ClassTable({
  scores,
  nameOf,
}: {
  readonly scores: Scores;
  readonly nameOf: (label: number | string) => string;
}) {
  const rows = scores.per_class
    .filter(({ support, predicted }) => support + predicted > 0)
    .sort((a, b) => b.support - a.support);
  return (
    <figure>
      <h3 id="classes-heading">By class</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable from the keyboard */}
      <section class="scroll" tabIndex={0} aria-labelledby="classes-heading">
        <table class="per-class">
          <thead>
            <tr>
              {['Class', 'Precision', 'Recall', 'F1', 'Support'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, SHOWN).map(({ label, precision, recall, f1, support }) => (
              <tr key={label}>
                <th scope="row" title={nameOf(label)}>
                  {nameOf(label)}
                </th>
                <td>{precision.toFixed(2)}</td>
                <td>{recall.toFixed(2)}</td>
                <td>{f1.toFixed(2)}</td>
                <td>{support}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {rows.length > SHOWN && <p class="quiet">{`${rows.length - SHOWN} more classes have feedback.`}</p>}
    </figure>
  );
}
