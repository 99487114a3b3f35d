import { narrowed, type Scores } from '../figures.js';

const SHOWN = 12;

/** Names of columns that are longer stand on end. */
const UPRIGHT = 9;

/** Rows are true classes, columns predicted ones; with many classes, those that occur most often. */
export function ConfusionMatrix({
  scores,
  nameOf,
}: {
  readonly scores: Scores;
  readonly nameOf: (label: number | string) => string;
}) {
  const { labels, cell, support, left } = narrowed(scores, SHOWN);
  return (
    <figure>
      <h3 id="matrix-heading">
        Confusion matrix <span class="key">true classes down, predicted across</span>
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable from the keyboard */}
      <section class="scroll" tabIndex={0} aria-labelledby="matrix-heading">
        <table
          class={`matrix${labels.length > 8 || labels.some((label) => nameOf(label).length > UPRIGHT) ? ' tall' : ''}`}
          style={{ '--columns': labels.length }}
        >
          <thead>
            <tr>
              <td />
              {labels.map((label) => (
                <th key={label} scope="col" title={nameOf(label)}>
                  <span>{nameOf(label)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {labels.map((actual) => (
              <tr key={actual}>
                <th scope="row" title={nameOf(actual)}>
                  {nameOf(actual)}
                </th>
                {labels.map((predicted) => (
                  <Cell
                    key={predicted}
                    count={cell(actual, predicted)}
                    support={support(actual)}
                    right={actual === predicted}
                  />
                ))}
              </tr>
            ))}
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
  readonly count: number | undefined;
  readonly support: number;
  readonly right: boolean;
}) {
  if (count === undefined) {
    return (
      <td class="quiet" title="Not among the most frequent cells, which are all that the server sends.">
        ?
      </td>
    );
  }
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
