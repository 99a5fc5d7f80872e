/**
 * Regular expressions as Envoy's are: RE2's syntax and its promise that no text takes more than its length times the
 * pattern's. JavaScript's own may take for ever on a text that a client chose, and nothing interrupts them. Texts are
 * matched character by character with the set of all states that the pattern can be in.
 *
 * Not here: look-around and back references (RE2 has none either), `\b`, `\pL`, `\C`, flags other than `i` and `s`.
 */
import { type Node, parseRegex } from "./regex_parser.ts";
export { RegexError } from "./regex_parser.ts";
import { RegexError } from "./regex_parser.ts";

/** Steps of a compiled pattern. */
const MAX_PROGRAM = 5000;

type Step =
  | { readonly op: "char"; readonly ranges: readonly number[] }
  | { readonly op: "split"; readonly to: readonly number[] }
  | { readonly op: "begin" | "end" | "match" };

export class Regex {
  readonly #program: readonly Step[];

  constructor(program: readonly Step[]) {
    this.#program = program;
  }

  /** Whether the pattern matches all of `text`. */
  matches(text: string): boolean {
    return this.#run(text, true);
  }

  /** Whether the pattern matches somewhere in `text`. */
  finds(text: string): boolean {
    return this.#run(text, false);
  }

  #run(text: string, whole: boolean): boolean {
    const program = this.#program;
    let now = new States(program.length);
    let next = new States(program.length);
    let at = 0;
    this.#add(now, 0, at, text);
    while (true) {
      if (now.matched && (!whole || at === text.length)) return true;
      const code = text.codePointAt(at);
      if (code === undefined) return false;
      at += code > 0xffff ? 2 : 1;
      next.clear();
      for (let i = 0; i < now.size; i++) {
        const state = now.list[i] ?? 0;
        const step = program[state];
        if (step?.op === "char" && within(step.ranges, code)) {
          this.#add(next, state + 1, at, text);
        }
      }
      if (!whole) this.#add(next, 0, at, text);
      if (next.size === 0 && !next.matched) return false;
      [now, next] = [next, now];
    }
  }

  /** Enters a state, and those that follow without a character. */
  #add(states: States, first: number, at: number, text: string): void {
    const waiting = [first];
    for (
      let state = waiting.pop();
      state !== undefined;
      state = waiting.pop()
    ) {
      if (!states.add(state)) continue;
      const step = this.#program[state];
      if (step?.op === "split") waiting.push(...step.to);
      else if (step?.op === "begin" && at === 0) waiting.push(state + 1);
      else if (step?.op === "end" && at === text.length) {
        waiting.push(state + 1);
      } else if (step?.op === "match") states.matched = true;
    }
  }
}

/** A set of states that is emptied in no time. */
class States {
  readonly list: Uint16Array;
  readonly #where: Uint16Array;
  size = 0;
  matched = false;

  constructor(states: number) {
    this.list = new Uint16Array(states);
    this.#where = new Uint16Array(states);
  }

  add(state: number): boolean {
    const where = this.#where[state] ?? 0;
    if (where < this.size && this.list[where] === state) return false;
    this.#where[state] = this.size;
    this.list[this.size++] = state;
    return true;
  }

  clear(): void {
    this.size = 0;
    this.matched = false;
  }
}

/** `ranges` holds pairs of first and last. */
function within(ranges: readonly number[], code: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (code >= (ranges[i] ?? 0) && code <= (ranges[i + 1] ?? -1)) return true;
  }
  return false;
}

/**
 * Compiles a pattern.
 * @throws {RegexError} what is wrong with it.
 */
export function readRegex(pattern: string): Regex {
  const program: Step[] = [];
  emit(program, parseRegex(pattern));
  push(program, { op: "match" });
  return new Regex(program);
}

function push(program: Step[], step: Step): number {
  if (program.length >= MAX_PROGRAM) {
    throw new RegexError("the pattern is too large");
  }
  return program.push(step) - 1;
}

function emit(program: Step[], node: Node): void {
  switch (node.kind) {
    case "set":
      push(program, { op: "char", ranges: node.ranges });
      return;
    case "begin":
    case "end":
      push(program, { op: node.kind });
      return;
    case "sequence":
      for (const part of node.parts) emit(program, part);
      return;
    case "either":
      return emitEither(program, node.parts);
    case "repeat":
      return emitRepeat(program, node.of, node.least, node.most);
  }
}

/** A jump is a split with one way. */
function emitEither(program: Step[], parts: readonly Node[]): void {
  const ends: number[][] = [];
  for (const [i, part] of parts.entries()) {
    const ways: number[] = [];
    if (i < parts.length - 1) push(program, { op: "split", to: ways });
    ways.push(program.length);
    emit(program, part);
    if (i === parts.length - 1) break;
    const end: number[] = [];
    push(program, { op: "split", to: end });
    ends.push(end);
    ways.push(program.length);
  }
  for (const end of ends) end.push(program.length);
}

function emitRepeat(
  program: Step[],
  node: Node,
  least: number,
  most: number,
): void {
  for (let i = 0; i < least; i++) emit(program, node);
  if (most === Infinity) {
    const ways: number[] = [];
    const loop = push(program, { op: "split", to: ways });
    ways.push(program.length);
    emit(program, node);
    push(program, { op: "split", to: [loop] });
    ways.push(program.length);
    return;
  }
  const skips: number[][] = [];
  for (let i = least; i < most; i++) {
    const ways: number[] = [];
    push(program, { op: "split", to: ways });
    ways.push(program.length);
    skips.push(ways);
    emit(program, node);
  }
  for (const ways of skips) ways.push(program.length);
}
