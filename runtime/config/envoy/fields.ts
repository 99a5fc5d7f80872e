/**
 * Reads one message of Envoy's out of a JSON object, as protobuf's JSON form has it: keys in `snake_case` or `camelCase`,
 * null for absent, numbers and truth values also as texts, one value in place of a list. Every key has to be asked for;
 * what is left over at the end is a problem, since it would be ignored.
 */
import { didYouMean, list, show } from "../../settings/problems.ts";
import { type Check, isObject, join, type JsonObject } from "../check.ts";
import { readDuration } from "./scalars.ts";

/** Items of any one list in a file. */
const MAX_ITEMS = 10_000;

export class Fields {
  readonly #object: JsonObject;
  readonly #asked = new Set<string>();
  /** Keys of the file that were looked at, as they are written. */
  readonly #seen = new Set<string>();

  /** @param value anything that stands in the file at `path`; what is no object is a problem and read as an empty one. */
  constructor(
    readonly check: Check,
    value: unknown,
    readonly path: string,
  ) {
    if (value === undefined || value === null) this.#object = {};
    else if (isObject(value)) this.#object = value;
    else {
      check.expected(path, value, "an object");
      this.#object = {};
    }
  }

  /** The path of the field `name`, as the file writes it. */
  at(name: string): string {
    return join(this.path, this.#key(name) ?? name);
  }

  /** Whether the file says anything of `name`. */
  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  /** The value as it stands; undefined where it is absent or null. */
  raw(name: string): unknown {
    this.#asked.add(name);
    const key = this.#key(name);
    if (key === undefined) return undefined;
    this.#seen.add(key);
    return this.#object[key] ?? undefined;
  }

  #key(name: string): string | undefined {
    const camel = camelCase(name);
    const key = Object.hasOwn(this.#object, name) ? name : camel;
    if (!Object.hasOwn(this.#object, key)) return undefined;
    if (
      key === name && camel !== name && Object.hasOwn(this.#object, camel) &&
      !this.#seen.has(camel)
    ) {
      this.#seen.add(camel);
      this.check.problem(
        join(this.path, camel),
        `found a second time, as ${JSON.stringify(name)} before`,
      );
    }
    return key;
  }

  /** A text, "" where absent. */
  text(name: string): string {
    return this.#text(this.raw(name), this.at(name));
  }

  #text(value: unknown, path: string): string {
    if (value === undefined) return "";
    if (typeof value === "string") return value;
    const hint = isObject(value) || Array.isArray(value) ? "" : " in quotes";
    this.check.expected(path, value, `a text${hint}`);
    return "";
  }

  /** A text that may not be empty. */
  required(name: string): string {
    const text = this.text(name);
    const value = this.raw(name);
    if (text === "" && (value === undefined || value === "")) {
      this.check.expected(this.at(name), value, "a text that is not empty");
    }
    return text;
  }

  /** A truth value, undefined where absent. */
  flag(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === "boolean") return value;
    if (value === "true") return true;
    if (value === "false") return false;
    this.check.expected(this.at(name), value, "true or false");
    return undefined;
  }

  /** A whole number of `least` to `most`, undefined where absent. */
  whole(name: string, least: number, most: number): number | undefined {
    return this.#whole(this.raw(name), this.at(name), least, most);
  }

  #whole(
    value: unknown,
    path: string,
    least: number,
    most: number,
  ): number | undefined {
    if (value === undefined) return undefined;
    const isNumber = typeof value === "number" ||
      typeof value === "string" &&
        /^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$/.test(value);
    const number = isNumber ? Number(value) : NaN;
    if (Number.isSafeInteger(number) && number >= least && number <= most) {
      return number;
    }
    this.check.expected(path, value, `a whole number from ${least} to ${most}`);
    return undefined;
  }

  /** Milliseconds, undefined where absent. */
  duration(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const read = readDuration(value);
    if (read === undefined) {
      this.check.expected(
        this.at(name),
        value,
        'a duration in seconds of 0 or more, e.g. "1.5s"',
      );
    }
    return read;
  }

  /** The name of one of Envoy's values; `supported` names with their numbers. The first where absent. */
  choice<T extends string>(
    name: string,
    supported: Readonly<Record<T, number>>,
  ): T {
    const value = this.raw(name);
    const names = Object.keys(supported) as T[];
    const first = names[0] as T;
    if (value === undefined) return first;
    const found = names.find((name) =>
      supported[name] === value || String(supported[name]) === value ||
      typeof value === "string" && name === value.toUpperCase()
    );
    if (found === undefined) {
      this.check.expected(this.at(name), value, `one of ${list(names)}`);
    }
    return found ?? first;
  }

  /** The message `name`, undefined where absent. Its fields are all read when `read` returns. */
  message<T>(name: string, read: (fields: Fields) => T): T | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    return readMessage(this.check, value, this.at(name), read);
  }

  /** A message that has to be there; absent, it is a problem and read as an empty one. */
  requiredMessage<T>(name: string, read: (fields: Fields) => T): T | undefined {
    if (this.has(name)) return this.message(name, read);
    this.check.expected(this.at(name), undefined, "an object");
    return undefined;
  }

  /** The items of a list with their paths; a single value is a list of one. */
  items(name: string): [value: unknown, path: string][] {
    const value = this.raw(name);
    const path = this.at(name);
    if (value === undefined) return [];
    const values = Array.isArray(value) ? value : [value];
    if (values.length > MAX_ITEMS) {
      this.check.problem(
        path,
        `found ${values.length} items, expected at most ${MAX_ITEMS}`,
      );
      return [];
    }
    return values.map((item, i) => [
      item,
      Array.isArray(value) ? join(path, i) : path,
    ]);
  }

  /** A list of messages. */
  repeated<T>(name: string, read: (fields: Fields) => T): T[] {
    return this.items(name).map(([value, path]) =>
      readMessage(this.check, value, path, read)
    );
  }

  /** A list of texts. */
  texts(name: string): string[] {
    return this.items(name).map(([value, path]) =>
      this.#text(value ?? undefined, path)
    );
  }

  /** A map of messages by text. */
  map<T>(name: string, read: (fields: Fields) => T): [string, T][] {
    const value = this.raw(name);
    if (value === undefined) return [];
    const path = this.at(name);
    return Object.entries(this.check.object(value, path)).map((
      [key, value],
    ) => [key, readMessage(this.check, value, join(path, key), read)]);
  }

  /** Which of `names`, of which at most one may be there, is there. */
  oneOf<T extends string>(names: readonly T[]): T | undefined {
    const there = names.filter((name) => this.has(name));
    const [first, second] = there;
    if (second !== undefined) {
      this.check.problem(
        this.at(second),
        `found beside ${JSON.stringify(first)}, expected one of the two`,
      );
    }
    return first;
  }

  /** Like `oneOf`, and one has to be there. */
  exactlyOne<T extends string>(names: readonly T[]): T | undefined {
    const first = this.oneOf(names);
    if (first === undefined) {
      this.check.problem(
        this.path,
        names.length === 1
          ? `found no ${show(names[0])}, expected it`
          : `found none of ${list(names)}, expected one of them`,
      );
    }
    return first;
  }

  /** A field that has one value here: its default. Anything else is a problem. */
  only(name: string, value: boolean): void {
    const found = this.flag(name);
    if (found !== undefined && found !== value) {
      this.check.expected(this.at(name), found, `${value}: nothing else here`);
    }
  }

  /** Fields without an effect on what a plugin or a client sees; a notice says so. */
  ignored(name: string, why: string): void {
    if (this.has(name)) this.check.notice(this.at(name), why);
  }

  /** Reports every key that nobody asked for. */
  finish(): void {
    for (const [key, value] of Object.entries(this.#object)) {
      if (this.#seen.has(key) || value === null && this.#isAsked(key)) continue;
      if (this.#isAsked(key)) continue;
      const known = [...this.#asked];
      this.check.problem(
        join(this.path, key),
        `found ${show(key)}${
          didYouMean(key, known)
        }, which is not served here, expected ${
          known.length === 0 ? "nothing" : `one of ${list(known)}`
        }`,
      );
    }
  }

  #isAsked(key: string): boolean {
    return [...this.#asked].some((name) =>
      name === key || camelCase(name) === key
    );
  }
}

/** Reads one message and reports what is left of it. */
export function readMessage<T>(
  check: Check,
  value: unknown,
  path: string,
  read: (fields: Fields) => T,
): T {
  const fields = new Fields(check, value, path);
  const result = read(fields);
  fields.finish();
  return result;
}

/** The name of a field in protobuf's JSON form. */
function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}
