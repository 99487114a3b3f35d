import { type TemporaryPackage, temporaryPackage } from '../../support/serve.js';

/** Long and short names, as those of ImageNet are. */
const KINDS = ['terrier', 'golden retriever', 'container ship', 'German short-haired pointer', 'fig', 'sports car'];

/** The name of class `code`, of 0 to 999. */
export function nameOf(code: number): string {
  return `${KINDS[code % KINDS.length]} ${code}`;
}

/** A package of a thousand classes that answers class 7 to every picture. */
export function thousandClasses(): TemporaryPackage {
  const classes = Array.from({ length: 1000 }, (_, code) => ({ name: nameOf(code), code }));
  const probabilities = Object.fromEntries(
    classes.map(({ name, code }) => [name, code === 7 ? 0.5 : 0.5 * 0.4 * 0.6 ** (code % 997)]),
  );
  return temporaryPackage(
    `
    export const loadmodel = () => null;
    export const preprocessing = () => false;
    export const predict = () => (${JSON.stringify({ predicted_label: 7, predicted_class: nameOf(7), confidence: 0.5, probabilities })});`,
    {
      'labels_file.json': JSON.stringify({ labels: classes.map(({ code }) => code) }),
      'katonic.json': JSON.stringify({ modelType: 'multi-class', classes }),
    },
  );
}
