/**
 * JSON as RFC 8259 has it, with what `JSON.parse` does not tell: line and column of a mistake, keys given twice, and
 * Go's wording of each mistake, which Layotto's admin API answers with (ABI.md §5.7).
 */

/** Levels of lists and objects inside each other. */
const MAX_DEPTH = 64;

/** A mistake in a JSON text; `message` is as Go's encoding/json words it. Line and column count from 1, in characters. */
export class JsonSyntaxError extends Error {
  override name = "JsonSyntaxError";
  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(message);
  }
}

/**
 * The value of `text`. Objects are ordinary ones; a key `__proto__` is a plain property.
 * @param options.duplicates `last` lets the last of equal keys win, as Go does; the default refuses them.
 * @throws {JsonSyntaxError}
 */
export function parseJson(
  text: string,
  options: { duplicates?: "refuse" | "last" } = {},
): unknown {
  return new Reader(text, options.duplicates === "last").document();
}

class Reader {
  #text: string;
  #at = 0;
  #depth = 0;
  #lastWins: boolean;

  constructor(text: string, lastWins: boolean) {
    this.#text = text.startsWith("\ufeff") ? text.slice(1) : text;
    this.#lastWins = lastWins;
  }

  document(): unknown {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail("after top-level value");
    return value;
  }

  #value(): unknown {
    this.#space();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#nested(() => this.#object());
      case "[":
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
    }
    return this.#number();
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.#failWith("exceeded max depth");
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    this.#at++;
    this.#space();
    if (this.#take("}")) return {};
    while (true) {
      this.#space();
      if (this.#text[this.#at] !== '"') {
        this.#fail("looking for beginning of object key string");
      }
      const start = this.#at;
      const key = this.#string();
      if (entries.has(key) && !this.#lastWins) {
        this.#at = start;
        this.#failWith(`key ${JSON.stringify(key)} is given twice`);
      }
      this.#space();
      if (!this.#take(":")) this.#fail("after object key");
      entries.set(key, this.#value());
      this.#space();
      if (this.#take("}")) return Object.fromEntries(entries);
      if (!this.#take(",")) this.#fail("after object key:value pair");
    }
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    this.#space();
    if (this.#take("]")) return items;
    while (true) {
      items.push(this.#value());
      this.#space();
      if (this.#take("]")) return items;
      if (!this.#take(",")) this.#fail("after array element");
    }
  }

  #string(): string {
    const start = this.#at++;
    while (true) {
      const c = this.#text[this.#at];
      if (c === undefined) this.#end();
      else if (c === '"') break;
      else if (c < " ") this.#fail("in string literal");
      else if (c === "\\") this.#escape();
      else this.#at++;
    }
    this.#at++;
    return JSON.parse(this.#text.slice(start, this.#at));
  }

  #escape(): void {
    const c = this.#text[++this.#at];
    if (c === undefined) this.#end();
    if (!'"\\/bfnrtu'.includes(c ?? "")) this.#fail("in string escape code");
    this.#at++;
    if (c !== "u") return;
    for (let i = 0; i < 4; i++, this.#at++) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? "")) {
        this.#fail("in \\u hexadecimal character escape");
      }
    }
  }

  #literal<T>(word: string, value: T): T {
    for (let i = 0; i < word.length; i++, this.#at++) {
      if (this.#text[this.#at] !== word[i]) {
        this.#fail(`in literal ${word} (expecting ${quote(word[i] ?? "")})`);
      }
    }
    return value;
  }

  #number(): number {
    const start = this.#at;
    const digit = () => /[0-9]/.test(this.#text[this.#at] ?? "");
    const digits = (where: string) => {
      if (!digit()) this.#fail(where);
      while (digit()) this.#at++;
    };
    if (this.#take("-")) {
      if (!digit()) this.#fail("in numeric literal");
    } else if (!digit()) this.#fail("looking for beginning of value");
    if (!this.#take("0")) digits("in numeric literal");
    if (this.#take(".")) digits("after decimal point in numeric literal");
    if (this.#take("e") || this.#take("E")) {
      if (!this.#take("+")) this.#take("-");
      digits("in exponent of numeric literal");
    }
    return Number(this.#text.slice(start, this.#at));
  }

  #space(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #take(c: string): boolean {
    if (this.#text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }

  #fail(where: string): never {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) this.#end();
    this.#failWith(
      `invalid character ${quote(String.fromCodePoint(code ?? 0))} ${where}`,
    );
  }

  #end(): never {
    this.#at = this.#text.length;
    this.#failWith("unexpected end of JSON input");
  }

  #failWith(message: string): never {
    const before = this.#text.slice(0, this.#at).split("\n");
    throw new JsonSyntaxError(
      message,
      before.length,
      [...before.at(-1) ?? ""].length + 1,
    );
  }
}

/** A character as Go quotes it. */
function quote(c: string): string {
  if (c === "'") return "'\\''";
  if (c === '"') return "'\"'";
  return `'${JSON.stringify(c).slice(1, -1)}'`;
}
