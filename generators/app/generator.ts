import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import Generator, { type BaseOptions } from 'yeoman-generator';
import { KatonicError } from '../../runtime/errors.js';
import { packageRoot } from '../../runtime/package-root.js';
import type { Answers } from './answers.js';
import { Asker, type Prompt } from './asker.js';
import { flags, givenTexts, questionFlags, type SwitchName, switchedOn, type Texts } from './flags.js';
import { defaultFolder, parseFolder } from './folder.js';
import { EXAMPLE, exampleFolder, exampleSamples, modelPath } from './model.js';
import { type Plan, plan } from './plan.js';
import { classesLine } from './plan-text.js';
import { askAll } from './questions.js';
import { sentence } from './refusal.js';
import { ownManifest, runtimeSpec } from './runtime-spec.js';
import { type Digests, digestsOf, existing, inPlace, refuseConflicts, removeStale, write } from './writing.js';

/** Beside the answers in .yo-rc.json. */
const WRITTEN = 'written';

/** `yo katonic-classifier`: questions, answers, a plan, files. Each is a module of its own; here yeoman calls them in turn. */
export default class KatonicClassifier extends Generator<Record<string, unknown>> {
  readonly #cwd: string;
  #answers: Answers | undefined;
  #plan: Plan | undefined;
  /** Whether an earlier run gave other answers: then its golden answers no longer hold. */
  #changed = false;
  /** What an earlier run and this one write of the model. */
  #before: Digests = {};
  #now: Digests = {};

  constructor(args: string[], options: BaseOptions) {
    super(args, options);
    this.#cwd = this.destinationRoot();
    this.description =
      'Scaffolds an image-classification package for Katonic: launch.ts, schema.ts, labels, model and tests.';
    this.sourceRoot(join(packageRoot, 'templates'));
    this.argument('folder', { type: String, required: false, description: 'Where to write the package' });
    for (const { name, type, help, alias } of flags) {
      this.option(name, {
        type: type === 'switch' ? Boolean : String,
        description: help,
        ...(alias === undefined ? {} : { alias }),
      });
    }
    this.env?.once('error', () => this.#cleanUp());
  }

  async prompting(): Promise<void> {
    await this.#refusing(async () => {
      const from = {
        flags: givenTexts(this.options),
        yes: this.#is('yes'),
        prompt: this.#terminal() ? (question: Prompt) => this.#prompt(question) : undefined,
        say: (line: string) => void this.log(line),
      };
      const folder = await new Asker({ ...from, stored: {} }).settle({
        name: 'folder',
        message: 'Folder',
        fallback: defaultFolder(this.#cwd),
        parse: (text) => parseFolder(text, this.#cwd, this.#is('force') || this.#is('skip-existing')),
      });
      const stored = this.#stored(folder);
      const asker = new Asker({ ...from, stored });
      this.#answers = await askAll(asker, folder, this.#cwd);
      this.destinationRoot(folder);
      this.env.cwd = folder;
      this.#before = (this.#record(folder)[WRITTEN] as Digests | undefined) ?? {};
      this.#changed = !isDeepStrictEqual(stored, asker.texts);
      this.#store(asker.texts, folder);
    });
  }

  async configuring(): Promise<void> {
    await this.#refusing(async () => {
      const answers = this.#settled().answers;
      this.log(`\n${answers.type === 'binary' ? 'Binary' : 'Multi-class'}: ${classesLine(answers.classes)}`);
      if (answers.model.standIn) {
        this.log(
          'The example model stands in for yours: its answers mean nothing for these classes until you bring your own.',
        );
      }
      const say = (line: string) => void this.log(line);
      const npm = (args: readonly string[]) => this.spawn('npm', [...args], { stdio: ['ignore', 'ignore', 'inherit'] });
      this.#plan = plan(answers, {
        runtime: await runtimeSpec(npm, say),
        allowScripts: ownManifest().allowScripts,
        exampleFolder,
        samples: exampleSamples(),
      });
    });
  }

  async writing(): Promise<void> {
    await this.#refusing(async () => {
      const { answers, planned } = this.#settled();
      const kept = this.#is('skip-existing') ? existing(planned, answers.folder).map(({ path }) => path) : [];
      for (const path of kept) this.log.skip(path);
      // A package.json that is kept names the tarball that came with it.
      const unused = (fragment: string) => fragment === 'runtime' && kept.includes('package.json');
      const files = planned.files.filter(({ path, fragment }) => !kept.includes(path) && !unused(fragment));
      if (!this.#is('force') && !this.#terminal()) await refuseConflicts({ ...planned, files }, answers.folder);
      this.#now = await digestsOf(planned);
      const there = Object.entries(this.#before).filter(([path]) => existsSync(join(answers.folder, path)));
      const own = inPlace(planned, answers.folder);
      const ours = Object.entries({ ...Object.fromEntries(there), ...this.#now }).filter(
        ([path]) => !own.includes(path),
      );
      this.config.set(WRITTEN, Object.fromEntries(ours));
      write({ ...planned, files }, answers.folder, this.fs);
    });
  }

  async end(): Promise<void> {
    const { answers } = this.#settled();
    await this.#cleanUp();
    await this.#removeStale(answers.folder);
    const inside = (path: string) => join(answers.folder, path);
    const installed = existsSync(inside('node_modules/generator-katonic-classifier/package.json'));
    const other = Object.entries(this.#now).some(([path, digest]) => this.#before[path] !== digest);
    const stale = this.#changed || other || !existsSync(inside('test/golden.json'));
    if (installed && stale) {
      this.log('\nGolden answers for samples/, which the tests compare with:');
      await this.spawn('npm', ['run', '--silent', 'golden'], { stdio: 'inherit' });
    }
    const there = relative(this.#cwd, answers.folder);
    this.log(
      [
        '',
        `${answers.name} is ready.`,
        '',
        ...(there === '' ? [] : [`  cd ${/\s/.test(there) ? `"${there}"` : there}`]),
        ...(installed ? [] : ['  npm install && npm run golden']),
        '  npm run serve      classify a picture at http://127.0.0.1:8080',
        '  npm test           compare samples/ with the golden answers',
        '  npm run check      see what the platform would refuse',
        '  npm run package    write the zip to upload',
        '',
      ].join('\n'),
    );
  }

  async #removeStale(folder: string): Promise<void> {
    if (this.#is('skip-existing')) return;
    const { removed, kept } = await removeStale(this.#before, this.#now, folder);
    for (const path of removed) this.log(`Removed ${path}: it belongs to the model before.`);
    if (kept.length > 0)
      this.log(
        `Of the model before, ${kept.join(', ')} stays, since files were kept or changed: delete what launch.ts does not open.`,
      );
  }

  async #cleanUp(): Promise<void> {
    await this.#answers?.model.reading.dispose();
  }

  #settled(): { answers: Answers; planned: Plan } {
    return { answers: this.#answers as Answers, planned: this.#plan as Plan };
  }

  #is(name: SwitchName): boolean {
    return switchedOn(this.options, name);
  }

  /** An adapter without a stdin of its own (a test's) answers by itself. */
  #terminal(): boolean {
    const adapter = this.env.adapter as { actualAdapter?: { stdin?: { isTTY?: boolean } } };
    const stdin = adapter.actualAdapter?.stdin;
    return stdin === undefined || stdin.isTTY === true;
  }

  async #prompt(question: Prompt): Promise<string> {
    const answers = await this.env.adapter.prompt<Record<string, string>>([question as never]);
    return String(answers[question.name] ?? question.default);
  }

  /** The answers of an earlier run; the path of a model is kept relative to the package, and given relative to where we are. */
  #stored(folder: string): Texts {
    const texts = givenTexts(this.#record(folder));
    const { model } = texts;
    if (model === undefined || model === EXAMPLE) return texts;
    return { ...texts, model: relative(this.#cwd, modelPath(model, folder)) || '.' };
  }

  /** What .yo-rc.json keeps for this generator. */
  #record(folder: string): Record<string, unknown> {
    try {
      return JSON.parse(readFileSync(join(folder, '.yo-rc.json'), 'utf8'))['generator-katonic-classifier'] ?? {};
    } catch {
      return {}; // None, or a file that yeoman itself will complain about.
    }
  }

  #store(texts: Texts, folder: string): void {
    const { model = EXAMPLE, ...others } = texts;
    const path = relative(folder, modelPath(model, this.#cwd)) || '.';
    const kept = isAbsolute(path) ? path : path.split(sep).join('/');
    for (const { name } of questionFlags) if (!(name in texts)) this.config.delete(name);
    this.config.set({ ...others, model: model === EXAMPLE ? EXAMPLE : kept });
  }

  /**
   * A refusal ends the run as a plain sentence: emitted, since yeoman announces whatever a step throws as an accident, and
   * without its code, since yo exits with an error's `code` and wants a number there.
   */
  async #refusing(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (thrown) {
      await this.#cleanUp();
      const system = typeof (thrown as NodeJS.ErrnoException | undefined)?.code === 'string';
      if (!(thrown instanceof KatonicError) && !system) throw thrown;
      this.env.emit('error', new Error(sentence(thrown), { cause: thrown }));
    }
  }
}
