import type { Bar, ClassName } from '../types.js';

interface Props {
  /** Those that it may be. */
  readonly classes: readonly ClassName[];
  /** The answer's classes, the most probable first. */
  readonly likely: readonly Bar[];
  readonly onChoose: (one: ClassName) => void;
  readonly onCancel: () => void;
}

/** So many classes get a button each; of more, the likely ones do, and the others are found by their name. */
const BUTTONS = 8;
const LIKELY = 4;

/** "What is it?" */
export function ClassChooser({ classes, likely, onChoose, onCancel }: Props) {
  const few = classes.length <= BUTTONS;
  const offered = few
    ? classes
    : likely
        .map((bar) => classes.find(({ code }) => code === bar.code))
        .filter((one) => one !== undefined)
        .slice(0, LIKELY);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own frame and legend
    <div class="chooser" role="group" aria-label="What is it?">
      <div class="row">
        <span aria-hidden="true">What is it?</span>
        {offered.map((one, index) => (
          <button type="button" key={one.code} data-focus={index === 0 || undefined} onClick={() => onChoose(one)}>
            {one.name}
          </button>
        ))}
        {few && <Cancel onCancel={onCancel} />}
      </div>
      {!few && (
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            const input = event.currentTarget.elements.namedItem('class') as HTMLInputElement;
            const typed = input.value.trim();
            const one = classes.find(({ name, code }) => name === typed || String(code) === typed);
            input.setCustomValidity(one ? '' : 'Choose one of the names in the list.');
            if (one) onChoose(one);
            else input.reportValidity();
          }}
        >
          <input
            name="class"
            list="class-names"
            aria-label="Another class, by name or code"
            autocomplete="off"
            required
            placeholder="Another name or code"
            data-focus={offered.length === 0 || undefined}
            onInput={(event) => event.currentTarget.setCustomValidity('')}
          />
          <datalist id="class-names">
            {classes.map(({ name, code }) => (
              <option key={code} value={name} />
            ))}
          </datalist>
          <button type="submit">Record</button>
          <Cancel onCancel={onCancel} />
        </form>
      )}
    </div>
  );
}

function Cancel({ onCancel }: Pick<Props, 'onCancel'>) {
  return (
    <button type="button" class="plain" onClick={onCancel}>
      Cancel
    </button>
  );
}
