import { useState } from 'preact/hooks';
import { token } from '../api.js';
import { type Language, snippet } from '../snippets.js';
import type { Picture, Summary } from '../types.js';

const languages: readonly { readonly id: Language; readonly name: string }[] = [
  { id: 'curl', name: 'curl' },
  { id: 'python', name: 'Python' },
  { id: 'typescript', name: 'TypeScript' },
];

/** The request just made as code, for this server or for the platform. */
export function CopyAs({ picture, summary }: { readonly picture: Picture; readonly summary: Summary }) {
  const [language, setLanguage] = useState<Language>('curl');
  const [platform, setPlatform] = useState(false);
  const [copied, setCopied] = useState('');
  const target = platform
    ? { url: 'https://YOUR-PLATFORM/YOUR-DEPLOYMENT/api/v1/predict', token: 'YOUR API TOKEN', jsonOnly: true }
    : { url: `${location.origin}${summary.prefix}/predict`, token: token.get(), jsonOnly: false };
  const code = snippet(language, picture, target);
  return (
    <details class="card">
      <summary>Use it from code</summary>
      <div class="row spread sources">
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own frame and legend */}
        <div class="row" role="group" aria-label="Language">
          {languages.map(({ id, name }) => (
            <button type="button" key={id} aria-pressed={language === id} onClick={() => setLanguage(id)}>
              {name}
            </button>
          ))}
        </div>
        <label class="row">
          <input type="checkbox" checked={platform} onChange={(event) => setPlatform(event.currentTarget.checked)} />{' '}
          for the platform
        </label>
        <button type="button" onClick={() => void navigator.clipboard.writeText(code).then(() => setCopied(code))}>
          {copied === code ? 'Copied' : 'Copy'}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: code that scrolls must be reachable from the keyboard */}
      <pre tabIndex={0}>{code}</pre>
    </details>
  );
}
