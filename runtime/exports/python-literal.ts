/**
 * Reads the text that Python's `repr` gives for dictionaries, lists, tuples, texts, numbers, True, False and None (JSON
 * is nearly a part of it). Nothing is evaluated. Undefined where the text is anything else, or deeper than 20 levels.
 */
export function parsePythonLiteral(text: string): unknown {
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    return reader.atEnd() ? value : undefined;
  } catch (error) {
    if (error instanceof NotALiteral) return undefined;
    throw error;
  }
}

class NotALiteral extends Error {}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  a: '\x07',
  v: '\v',
  0: '\0',
};

class Reader {
  #at = 0;

  constructor(private readonly text: string) {}

  atEnd(): boolean {
    this.#space();
    return this.#at === this.text.length;
  }

  value(depth: number): unknown {
    if (depth > 20) throw new NotALiteral();
    this.#space();
    const next = this.text[this.#at];
    if (next === '{') return this.#dictionary(depth);
    if (next === '[') return this.#list(']', depth);
    if (next === '(') return this.#list(')', depth);
    if (next === "'" || next === '"') return this.#string(next);
    const word = /[^\s,:\]})]+/y;
    word.lastIndex = this.#at;
    const found = word.exec(this.text)?.[0];
    if (found === undefined) throw new NotALiteral();
    this.#at += found.length;
    return scalar(found);
  }

  #dictionary(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.#items('}', () => {
      const key = this.value(depth + 1);
      this.#take(':');
      entries.push([String(key), this.value(depth + 1)]);
    });
    return Object.fromEntries(entries);
  }

  #list(end: string, depth: number): unknown[] {
    const items: unknown[] = [];
    this.#items(end, () => items.push(this.value(depth + 1)));
    return items;
  }

  #items(end: string, one: () => void): void {
    this.#at++;
    this.#space();
    while (this.text[this.#at] !== end) {
      one();
      this.#space();
      if (this.text[this.#at] === ',') this.#at++;
      else if (this.text[this.#at] !== end) throw new NotALiteral();
      this.#space();
    }
    this.#at++;
  }

  #string(quote: string): string {
    let result = '';
    for (this.#at++; this.text[this.#at] !== quote; this.#at++) {
      const character = this.text[this.#at];
      if (character === undefined) throw new NotALiteral();
      result += character === '\\' ? this.#escape() : character;
    }
    this.#at++;
    return result;
  }

  #escape(): string {
    const letter = this.text[++this.#at] ?? '';
    const digits = { x: 2, u: 4, U: 8 }[letter];
    if (digits === undefined) return escapes[letter] ?? letter;
    const code = Number.parseInt(this.text.slice(this.#at + 1, this.#at + 1 + digits), 16);
    if (!(code <= 0x10ffff)) throw new NotALiteral();
    this.#at += digits;
    return String.fromCodePoint(code);
  }

  #take(character: string): void {
    this.#space();
    if (this.text[this.#at] !== character) throw new NotALiteral();
    this.#at++;
  }

  #space(): void {
    while (/\s/.test(this.text[this.#at] ?? '')) this.#at++;
  }
}

function scalar(word: string): unknown {
  if (word === 'True' || word === 'true') return true;
  if (word === 'False' || word === 'false') return false;
  if (word === 'None' || word === 'null') return null;
  const number = Number(word);
  if (Number.isNaN(number)) throw new NotALiteral();
  return number;
}
