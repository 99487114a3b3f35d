import { KatonicError } from '../../runtime/errors.js';
import type { QuestionName, Texts } from './flags.js';
import { refusal, sentence } from './refusal.js';

export interface Choice {
  readonly value: string;
  readonly name: string;
}

/** A question as inquirer takes it. */
export interface Prompt {
  readonly type: 'input' | 'select';
  readonly name: string;
  readonly message: string;
  readonly default: string;
  readonly choices?: readonly Choice[];
  readonly validate?: (text: string) => Promise<true | string>;
}

export interface Question<T> {
  readonly name: QuestionName;
  readonly message: string;
  readonly fallback: string;
  readonly choices?: readonly Choice[];
  /** Throws a refusal with the reason. */
  parse(text: string): T | Promise<T>;
}

/** Where answers come from, and where words go. */
export interface Surroundings {
  readonly flags: Texts;
  /** Of an earlier run; defaults, where they still fit. */
  readonly stored: Texts;
  readonly yes: boolean;
  /** Undefined where there is no terminal. */
  readonly prompt: ((prompt: Prompt) => Promise<string>) | undefined;
  say(line: string): void;
}

/** Takes each answer from its flag, else from the person, else (with `--yes`) from the default; and keeps its text. */
export class Asker {
  readonly texts: Texts = {};
  readonly #from: Surroundings;
  readonly #stored: Texts;

  constructor(from: Surroundings) {
    this.#from = from;
    this.#stored = { ...from.stored };
  }

  get flags(): Texts {
    return this.#from.flags;
  }

  get stored(): Texts {
    return this.#stored;
  }

  /** Answers of an earlier run that are no defaults any more. */
  forget(names: readonly QuestionName[]): void {
    for (const name of names) delete this.#stored[name];
  }

  say(line: string): void {
    this.#from.say(line);
  }

  /** Throws a refusal that names the flag when its value is wrong, or when there is nobody to ask. */
  async settle<T>(question: Question<T>): Promise<T> {
    const { name } = question;
    const flag = this.#from.flags[name];
    const text = flag ?? (await this.#ask(question));
    try {
      const value = await question.parse(text);
      this.texts[name] = text;
      return value;
    } catch (thrown) {
      if (flag === undefined) throw thrown;
      throw named(name, thrown);
    }
  }

  async #ask<T>(question: Question<T>): Promise<string> {
    const fallback = await this.#default(question);
    if (this.#from.yes) return fallback;
    if (this.#from.prompt === undefined) {
      throw refusal(
        `there is no terminal to ask: ${question.message}`,
        `Give --${question.name}, or --yes to take every default.`,
      );
    }
    const listed = question.choices?.some(({ value }) => value === fallback);
    return await this.#from.prompt({
      type: question.choices === undefined ? 'input' : 'select',
      name: question.name,
      message: question.message,
      default: listed === false ? (question.choices?.[0]?.value ?? fallback) : fallback,
      ...(question.choices === undefined ? {} : { choices: question.choices }),
      ...(question.choices === undefined ? { validate: (text: string) => verdict(question, text) } : {}),
    });
  }

  /** The stored answer where it still fits the question, else the question's own default. */
  async #default<T>(question: Question<T>): Promise<string> {
    const stored = this.#stored[question.name];
    if (stored === undefined) return question.fallback;
    const answer = await verdict(question, stored);
    if (answer === true) return stored;
    this.say(`The stored answer "${stored}" for ${question.name} no longer fits: ${answer.replace(/\.?$/, '.')}`);
    return question.fallback;
  }
}

/** The same error, its message beginning with the flag's name. */
export function named(flag: QuestionName, thrown: unknown): KatonicError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const remedy = thrown instanceof KatonicError ? thrown.remedy : undefined;
  return refusal(message.startsWith('--') ? message : `--${flag}: ${message}`, remedy);
}

async function verdict<T>(question: Question<T>, text: string): Promise<true | string> {
  try {
    await question.parse(text);
    return true;
  } catch (thrown) {
    return sentence(thrown);
  }
}
