import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import helpers from 'yeoman-test';
import KatonicClassifier from '../../generators/app/generator.js';
import { packageRoot } from '../../runtime/package-root.js';

const place = {
  namespace: 'katonic-classifier:app',
  resolved: join(packageRoot, 'generators/app/index.js'),
  tmpdir: false,
  forwardCwd: true,
};

/**
 * Runs the generator in `cwd` as yo does, without npm install. What `options` leave open is a question, unless they say
 * `yes`; `answers` are typed at the questions by their names, the default is taken at all others.
 * Gives the names of what was asked.
 */
export async function scaffold(
  cwd: string,
  options: Readonly<Record<string, unknown>>,
  answers: Readonly<Record<string, unknown>> = {},
  onQuestion: (name: string, answer: unknown) => unknown = (_, answer) => answer,
): Promise<string[]> {
  const asked: string[] = [];
  const callback = (answer: unknown, { question }: { question: { name: string } }) => {
    asked.push(question.name);
    return onQuestion(question.name, answer);
  };
  const start = process.cwd();
  mkdirSync(cwd, { recursive: true });
  try {
    // yeoman-test forces by default; undefined leaves it to the options of the run.
    await helpers
      .create(KatonicClassifier as never, { ...place, cwd }, { force: undefined } as object)
      .withOptions({ force: undefined, skipInstall: true, ...options } as object)
      .withAnswers(answers as object, { callback } as object)
      .run();
  } finally {
    process.chdir(start);
  }
  return asked;
}

/** Every file in a folder by its path, in an order that is always the same. */
export function filesIn(folder: string): Map<string, Buffer> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = found.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}
