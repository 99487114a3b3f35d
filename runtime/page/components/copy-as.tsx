import { useRef, useState } from 'preact/hooks';
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
  const [told, setTold] = useState({ code: '', text: '' });
  const shown = useRef<HTMLPreElement>(null);
  const target = platform
    ? { url: 'https://YOUR-PLATFORM/YOUR-DEPLOYMENT/api/v1/predict', token: 'YOUR API TOKEN', jsonOnly: true }
    : { url: `${location.origin}${summary.prefix}/predict`, token: token.get(), jsonOnly: false };
  const code = snippet(language, picture, target);
  const onCopy = async () => {
    const done = shown.current !== null && (await copied(shown.current));
    setTold({ code, text: done ? 'Copied.' : 'Selected: copy it with Ctrl+C, or with the menu of the selection.' });
  };
  return (
    <details class="code-panel">
      <summary>Use it from code</summary>
      <div class="row">
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own frame and legend */}
        <div class="row" role="group" aria-label="Language">
          {languages.map(({ id, name }) => (
            <button type="button" key={id} aria-pressed={language === id} onClick={() => setLanguage(id)}>
              {name}
            </button>
          ))}
        </div>
        <label class="row">
          <input type="checkbox" checked={platform} onChange={(event) => setPlatform(event.currentTarget.checked)} />
          for the platform
        </label>
        <button type="button" class="end" onClick={() => void onCopy()}>
          Copy
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: code that scrolls must be reachable from the keyboard */}
      <pre ref={shown} tabIndex={0}>
        {code}
      </pre>
      <p class="quiet" role="status">
        {told.code === code ? told.text : ''}
      </p>
    </details>
  );
}

/**
 * Selects the text of `element` and copies it. Browsers have a clipboard over HTTPS and on localhost only; elsewhere
 * the old command is what there is, and the selection stands where that is refused too.
 */
async function copied(element: HTMLElement): Promise<boolean> {
  getSelection()?.selectAllChildren(element);
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return document.execCommand('copy');
  return clipboard.writeText(element.textContent).then(
    () => true,
    () => false,
  );
}
