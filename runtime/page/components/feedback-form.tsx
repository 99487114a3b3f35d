import { useState } from 'preact/hooks';
import { RefusedError, sendFeedback } from '../api.js';
import type { Answer, ClassName, Summary } from '../types.js';

interface Props {
  readonly answer: Answer;
  readonly summary: Summary;
  readonly onFeedback: () => void;
}

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'choosing' }
  | { readonly kind: 'sent'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string };

/** "Is this right?": one press, or the true class. It becomes feedback as the platform takes it. */
export function FeedbackForm({ answer, summary, onFeedback }: Props) {
  const [state, setState] = useState<State>({ kind: 'asking' });
  const predicted = answer.bars[0];
  if (predicted?.code === undefined) return null;
  const code = predicted.code;

  const send = async (actual: ClassName) => {
    try {
      await sendFeedback(code, actual.code, answer.id, summary);
      setState({
        kind: 'sent',
        text:
          actual.code === code
            ? `Recorded: ${actual.name} was right.`
            : `Recorded: it is ${actual.name}, not ${predicted.name}.`,
      });
      onFeedback();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      setState({ kind: 'failed', text: error.message });
    }
  };

  return (
    <div class="feedback" aria-live="polite">
      {state.kind === 'sent' ? (
        <p>{state.text}</p>
      ) : state.kind === 'choosing' ? (
        <ClassChooser
          classes={summary.classes.filter((one) => one.code !== code)}
          onChoose={(actual) => void send(actual)}
          onCancel={() => setState({ kind: 'asking' })}
        />
      ) : (
        <div class="row">
          <span>Is this right?</span>
          <button type="button" onClick={() => void send({ name: predicted.name, code })}>
            Right
          </button>
          <button type="button" onClick={() => setState({ kind: 'choosing' })}>
            Wrong
          </button>
          {state.kind === 'failed' && <span role="alert">{state.text}</span>}
        </div>
      )}
    </div>
  );
}

function ClassChooser({
  classes,
  onChoose,
  onCancel,
}: {
  readonly classes: readonly ClassName[];
  readonly onChoose: (one: ClassName) => void;
  readonly onCancel: () => void;
}) {
  if (classes.length <= 8) {
    return (
      <div class="row">
        <span>What is it?</span>
        {classes.map((one) => (
          <button type="button" key={one.code} onClick={() => onChoose(one)}>
            {one.name}
          </button>
        ))}
        <button type="button" class="plain" onClick={onCancel}>
          Cancel
        </button>
      </div>
    );
  }
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        const typed = String(new FormData(event.currentTarget).get('class') ?? '').trim();
        const one = classes.find(({ name, code }) => name === typed || String(code) === typed);
        const input = event.currentTarget.elements.namedItem('class') as HTMLInputElement;
        input.setCustomValidity(one ? '' : 'Choose one of the names in the list.');
        if (one) onChoose(one);
        else input.reportValidity();
      }}
    >
      <label for="true-class">What is it?</label>
      <input
        id="true-class"
        name="class"
        list="class-names"
        autocomplete="off"
        required
        placeholder="Type a name"
        onInput={(event) => event.currentTarget.setCustomValidity('')}
      />
      <datalist id="class-names">
        {classes.map(({ name, code }) => (
          <option key={code} value={name} />
        ))}
      </datalist>
      <button type="submit" class="primary">
        Record
      </button>
      <button type="button" class="plain" onClick={onCancel}>
        Cancel
      </button>
    </form>
  );
}
