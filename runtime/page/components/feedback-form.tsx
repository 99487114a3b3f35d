import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { RefusedError, sendFeedback } from '../api.js';
import type { Answer, ClassName, Summary } from '../types.js';
import { ClassChooser } from './class-chooser.js';

interface Props {
  readonly answer: Answer;
  readonly summary: Summary;
}

type Step =
  | { readonly name: 'asking' }
  | { readonly name: 'choosing' }
  | { readonly name: 'sent'; readonly text: string };

/**
 * "Is this right?": one press, or the true class. It becomes feedback as the platform takes it. Each step takes the
 * focus, since the button that was pressed goes away with the step before.
 */
export function FeedbackForm({ answer, summary }: Props) {
  const [step, setStep] = useState<Step>({ name: 'asking' });
  const [failure, setFailure] = useState('');
  const sending = useRef(false);
  const box = useRef<HTMLDivElement>(null);
  const fresh = useRef(true);
  const predicted = answer.predicted;

  // Before the next key press, which would go to what is no longer there.
  useLayoutEffect(() => {
    if (!fresh.current) box.current?.querySelector<HTMLElement>('[data-focus]')?.focus();
    fresh.current = false;
  }, [step]);

  if (predicted?.code === undefined) return null;
  const code = predicted.code;
  const right = { name: predicted.name, code };

  const send = async (actual: ClassName) => {
    if (sending.current) return;
    sending.current = true;
    try {
      await sendFeedback(answer, code, actual.code, summary);
      setFailure('');
      setStep({
        name: 'sent',
        text:
          actual.code === code
            ? `Recorded: ${actual.name} was right.`
            : `Recorded: it is ${actual.name}, not ${predicted.name}.`,
      });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      setFailure(error.message);
    } finally {
      sending.current = false;
    }
  };

  return (
    <div class="feedback" ref={box}>
      {step.name === 'sent' && (
        <div class="row">
          <p data-focus tabIndex={-1}>
            {step.text}
          </p>
          {answer.recorded && (
            <button type="button" class="plain" onClick={() => setStep({ name: 'asking' })}>
              Change
            </button>
          )}
        </div>
      )}
      {step.name === 'choosing' && (
        <ClassChooser
          classes={summary.classes.filter((one) => one.code !== code)}
          likely={answer.bars}
          onChoose={(actual) => void send(actual)}
          onCancel={() => setStep({ name: 'asking' })}
        />
      )}
      {step.name === 'asking' && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own frame and legend
        <div class="row" role="group" aria-label="Is this right?">
          <span aria-hidden="true">Is this right?</span>
          <button type="button" onClick={() => void send(right)}>
            Right
          </button>
          <button type="button" data-focus onClick={() => setStep({ name: 'choosing' })}>
            Wrong
          </button>
        </div>
      )}
      {failure !== '' && (
        <p class="failure" role="alert">
          {failure}
        </p>
      )}
    </div>
  );
}
