import { useState } from 'preact/hooks';
import { token } from '../api.js';
import type { Summary } from '../types.js';

/** Last on the page: token, engine, limits, the codes of the classes, and where to read on. */
export function Settings({ summary, onToken }: { readonly summary: Summary; readonly onToken: () => void }) {
  const [saved, setSaved] = useState(token.get() !== '');
  return (
    <details class="settings" open={summary.tokenRequired && !saved}>
      <summary>Service and settings</summary>
      {summary.tokenRequired && (
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            token.set(String(new FormData(event.currentTarget).get('token') ?? '').trim());
            setSaved(true);
            onToken();
          }}
        >
          <label for="token">Token</label>
          <input
            id="token"
            name="token"
            type="password"
            autocomplete="off"
            // What can travel in a header: anything else would fail as if no server were there.
            pattern="[\x20-\x7e]*"
            title="printable ASCII characters, as the server was given"
            defaultValue={token.get()}
          />
          <button type="submit">{saved ? 'Change' : 'Use'}</button>
          <span class="quiet">Kept in this tab only.</span>
        </form>
      )}
      <dl class="facts">
        {summary.engines.map(({ engine, why }) => (
          <Row key={engine} term="Engine" text={`${engine}: ${why}`} />
        ))}
        <Row term="Model type" text={summary.modelType} />
        {Object.entries(summary.limits).map(([name, value]) => (
          <Row key={name} term={name} text={value} />
        ))}
        {summary.classes.length > 0 && <Row term="Codes" text={codes(summary)} />}
      </dl>
      <p class="quiet">
        <a href="/docs">HTTP interface</a> · <a href="/openapi.json">OpenAPI</a>
      </p>
    </details>
  );
}

function Row({ term, text }: { readonly term: string; readonly text: string }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{text}</dd>
    </>
  );
}

function codes({ classes }: Summary): string {
  const shown = classes.slice(0, 24).map(({ name, code }) => `${name} ${code}`);
  return `${shown.join(', ')}${classes.length > shown.length ? ` and ${classes.length - shown.length} more` : ''}`;
}
