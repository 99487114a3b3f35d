import { narrowed, type Scores } from '../figures.js';

const SHOWN = 12;

/** Rows are true classes, columns predicted ones; with many classes, those that occur most often. */
export function ConfusionMatrix({
  scores,
  nameOf,
}: {
  readonly scores: Scores;
  readonly nameOf: (label: number | string) => string;
}) {
  const { labels, cell, left } = narrowed(scores, SHOWN);
  return (
    <figure>
      <h3 id="matrix-heading">Confusion matrix: true classes down, predicted across</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable from the keyboard */}
      <section class="scroll" tabIndex={0} aria-labelledby="matrix-heading">
        <table class="matrix">
          <thead>
            <tr>
              <td />
              {labels.map((label) => (
                <th key={label} scope="col" title={nameOf(label)}>
                  {nameOf(label)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {labels.map((actual) => {
              const support = labels.reduce<number>((sum, predicted) => sum + cell(actual, predicted), 0);
              return (
                <tr key={actual}>
                  <th scope="row" title={nameOf(actual)}>
                    {nameOf(actual)}
                  </th>
                  {labels.map((predicted) => (
                    <Cell
                      key={predicted}
                      count={cell(actual, predicted)}
                      support={support}
                      right={actual === predicted}
                    />
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {left > 0 && (
        <p class="quiet">{`The ${labels.length} most frequent classes; ${left} more have feedback or none yet.`}</p>
      )}
    </figure>
  );
}

function Cell({
  count,
  support,
  right,
}: {
  readonly count: number;
  readonly support: number;
  readonly right: boolean;
}) {
  const share = count === 0 ? 0 : 12 + (count / support) * 88;
  return (
    <td
      class={`${count === 0 ? '' : right ? 'right' : 'wrong'}${share > 60 ? ' deep' : ''}`}
      style={{ '--share': share }}
    >
      {count === 0 ? <span class="quiet">·</span> : count}
    </td>
  );
}
