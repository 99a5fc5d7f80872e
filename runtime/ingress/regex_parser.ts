/** Reads the text of a regular expression of RE2's syntax; see `regex.ts`. */

/** What is wrong with a pattern. */
export class RegexError extends Error {
  override name = "RegexError";
}

export type Node =
  /** One character; pairs of first and last. */
  | { readonly kind: "set"; readonly ranges: readonly number[] }
  | { readonly kind: "begin" | "end" }
  | { readonly kind: "sequence" | "either"; readonly parts: readonly Node[] }
  | {
    readonly kind: "repeat";
    readonly of: Node;
    readonly least: number;
    readonly most: number;
  };

/** Characters of a pattern. */
const MAX_PATTERN = 4096;

/** How often `{n,m}` may repeat, as RE2 has it. */
const MAX_REPEAT = 1000;

const MAX_DEPTH = 100;

const MAX_CODE = 0x10ffff;

const DIGIT = [0x30, 0x39];
const SPACE = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20];
const WORD = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];

/** The classes of a bracket, `[[:alpha:]]`. */
const POSIX: Readonly<Record<string, readonly number[]>> = {
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  digit: DIGIT,
  lower: [0x61, 0x7a],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: [0x09, 0x0d, 0x20, 0x20],
  upper: [0x41, 0x5a],
  word: WORD,
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
};

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
};

const CLASSES: Readonly<Record<string, readonly number[]>> = {
  d: DIGIT,
  D: except(DIGIT),
  s: SPACE,
  S: except(SPACE),
  w: WORD,
  W: except(WORD),
};

/** @throws {RegexError} */
export function parseRegex(pattern: string): Node {
  if (pattern.length > MAX_PATTERN) {
    throw new RegexError(
      `found ${pattern.length} characters, expected at most ${MAX_PATTERN}`,
    );
  }
  return new Parser([...unquoted(pattern)]).whole();
}

/** `\Q…\E` as characters escaped one by one. */
function unquoted(pattern: string): string {
  return pattern.replace(
    /\\Q([\s\S]*?)(?:\\E|$)|\\[\s\S]/g,
    (escape, quoted) => quoted?.replace(/[^\w]/gu, "\\$&") ?? escape,
  );
}

class Parser {
  #at = 0;
  #depth = 0;
  #ignoreCase = false;
  #dotAll = false;

  constructor(readonly text: readonly string[]) {}

  whole(): Node {
    const node = this.#either();
    if (this.#at < this.text.length) this.#fail("unexpected )");
    return node;
  }

  #either(): Node {
    if (++this.#depth > MAX_DEPTH) this.#fail("nested too deeply");
    const before = [this.#ignoreCase, this.#dotAll] as const;
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    [this.#ignoreCase, this.#dotAll] = before;
    this.#depth--;
    return parts.length === 1 && parts[0]
      ? parts[0]
      : { kind: "either", parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.text.length) {
      const c = this.text[this.#at];
      if (c === "|" || c === ")") break;
      const atom = this.#atom();
      if (atom !== undefined) parts.push(this.#repeated(atom));
    }
    return { kind: "sequence", parts };
  }

  #repeated(of: Node): Node {
    const bounds = this.#bounds();
    if (bounds === undefined) return of;
    // Whether it takes little or much is no matter: only whether there is a match.
    this.#take("?");
    if (this.#bounds() !== undefined) this.#fail("bad repetition operator");
    const [least, most] = bounds;
    return { kind: "repeat", of, least, most };
  }

  #bounds(): [number, number] | undefined {
    if (this.#take("*")) return [0, Infinity];
    if (this.#take("+")) return [1, Infinity];
    if (this.#take("?")) return [0, 1];
    const parts = /^\{(\d{1,9})(?:(,)(\d{1,9})?)?\}/.exec(
      this.text.slice(this.#at, this.#at + 24).join(""),
    );
    if (parts === null) return undefined;
    this.#at += parts[0].length;
    const least = Number(parts[1]);
    const most = parts[2] === undefined
      ? least
      : parts[3] === undefined
      ? Infinity
      : Number(parts[3]);
    if (
      least > MAX_REPEAT || most !== Infinity && most > MAX_REPEAT ||
      least > most
    ) {
      this.#fail("bad repetition count");
    }
    return [least, most];
  }

  #atom(): Node | undefined {
    const c = this.text[this.#at++];
    switch (c) {
      case "(":
        return this.#group();
      case "[":
        return this.#bracket();
      case ".":
        return {
          kind: "set",
          ranges: this.#dotAll ? [0, MAX_CODE] : except([10, 10]),
        };
      case "^":
        return { kind: "begin" };
      case "$":
        return { kind: "end" };
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
        this.#fail("missing argument to repetition operator");
    }
    return this.#literal(c ?? "");
  }

  #group(): Node | undefined {
    const rest = this.text.slice(this.#at, this.#at + 64).join("");
    const named = /^\?P?<[A-Za-z_]\w*>/.exec(rest);
    const flags = /^\?([is]*)(?:-([is]+))?([:)])/.exec(rest);
    const before = [this.#ignoreCase, this.#dotAll] as const;
    if (named !== null) this.#at += named[0].length;
    else if (flags !== null) {
      this.#at += flags[0].length;
      const [, on = "", off = "", end] = flags;
      if (on.includes("i")) this.#ignoreCase = true;
      if (on.includes("s")) this.#dotAll = true;
      if (off.includes("i")) this.#ignoreCase = false;
      if (off.includes("s")) this.#dotAll = false;
      // Without a colon they hold to the end of the group around.
      if (end === ")") return undefined;
    } else if (rest.startsWith("?")) {
      this.#fail("this kind of group is not served here");
    }
    const node = this.#either();
    [this.#ignoreCase, this.#dotAll] = before;
    if (!this.#take(")")) this.#fail("missing )");
    return node;
  }

  #escape(): Node {
    const c = this.text[this.#at++] ?? this.#fail("trailing \\");
    if (c === "A") return { kind: "begin" };
    if (c === "z") return { kind: "end" };
    const set = Object.hasOwn(CLASSES, c) ? CLASSES[c] : undefined;
    if (set !== undefined) return { kind: "set", ranges: set };
    return this.#literal(String.fromCodePoint(this.#code(c)));
  }

  /** The character after a backslash, and what belongs to it. */
  #code(c: string): number {
    const simple = Object.hasOwn(ESCAPES, c) ? ESCAPES[c] : undefined;
    if (simple !== undefined) return simple;
    if (c === "x") {
      const hex = /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(
        this.text.slice(this.#at, this.#at + 8).join(""),
      );
      const code = parseInt(hex?.[1] ?? hex?.[2] ?? "", 16);
      if (hex === null || code > MAX_CODE) this.#fail("invalid escape \\x");
      this.#at += hex[0].length;
      return code;
    }
    if (/[0-9A-Za-z]/.test(c)) this.#fail(`\\${c} is not served here`);
    return c.codePointAt(0) ?? 0;
  }

  #literal(c: string): Node {
    const code = c.codePointAt(0) ?? 0;
    return { kind: "set", ranges: this.#folded([code, code]) };
  }

  #bracket(): Node {
    const negated = this.#take("^");
    const ranges: number[] = [];
    for (let first = true;; first = false) {
      const c = this.text[this.#at++] ?? this.#fail("missing ]");
      if (c === "]" && !first) break;
      const posix = c === "[" ? this.#posix() : undefined;
      const set = posix ?? (c === "\\" ? this.#classIn() : undefined);
      if (set !== undefined) {
        ranges.push(...set);
        continue;
      }
      const from = this.#member(c);
      let to = from;
      if (
        this.text[this.#at] === "-" && this.text[this.#at + 1] !== "]" &&
        this.text[this.#at + 1] !== undefined
      ) {
        this.#at++;
        to = this.#member(this.text[this.#at++] ?? "");
      }
      if (to < from) this.#fail("invalid character class range");
      ranges.push(from, to);
    }
    const folded = this.#folded(ranges);
    return { kind: "set", ranges: negated ? except(folded) : folded };
  }

  #member(c: string): number {
    return c === "\\"
      ? this.#code(this.text[this.#at++] ?? this.#fail("trailing \\"))
      : c.codePointAt(0) ?? 0;
  }

  /** `\d` and its like inside a bracket. */
  #classIn(): readonly number[] | undefined {
    const c = this.text[this.#at] ?? "";
    if (!Object.hasOwn(CLASSES, c)) return undefined;
    this.#at++;
    return CLASSES[c];
  }

  /** `[:alpha:]` inside a bracket, whose `[` has been read. */
  #posix(): readonly number[] | undefined {
    const parts = /^:(\^?)([a-z]+):\]/.exec(
      this.text.slice(this.#at, this.#at + 16).join(""),
    );
    if (parts === null) return undefined;
    const set = Object.hasOwn(POSIX, parts[2] ?? "")
      ? POSIX[parts[2] ?? ""]
      : undefined;
    if (set === undefined) this.#fail("invalid character class");
    this.#at += parts[0].length;
    return parts[1] === "^" ? except(set) : set;
  }

  /** Both cases of the letters A to Z, where case is ignored. */
  #folded(ranges: readonly number[]): number[] {
    const all = [...ranges];
    if (!this.#ignoreCase) return all;
    for (let i = 0; i < ranges.length; i += 2) {
      const [from = 0, to = 0] = ranges.slice(i, i + 2);
      overlap(all, from, to, 0x41, 0x5a, 32);
      overlap(all, from, to, 0x61, 0x7a, -32);
    }
    return all;
  }

  #take(c: string): boolean {
    if (this.text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }

  #fail(why: string): never {
    throw new RegexError(`${why}, after ${this.#at} characters`);
  }
}

function overlap(
  into: number[],
  from: number,
  to: number,
  first: number,
  last: number,
  shift: number,
): void {
  const low = Math.max(from, first);
  const high = Math.min(to, last);
  if (low <= high) into.push(low + shift, high + shift);
}

/** All characters that are in none of `ranges`. */
function except(ranges: readonly number[]): number[] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    pairs.push([ranges[i] ?? 0, ranges[i + 1] ?? 0]);
  }
  pairs.sort((a, b) => a[0] - b[0]);
  const rest: number[] = [];
  let next = 0;
  for (const [from, to] of pairs) {
    if (from > next) rest.push(next, from - 1);
    next = Math.max(next, to + 1);
  }
  if (next <= MAX_CODE) rest.push(next, MAX_CODE);
  return rest;
}
