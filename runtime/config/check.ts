/** Walks a JSON value and gathers what is wrong with it: path, what was found, what was expected. */
import { ConfigError, didYouMean, list, show } from "../settings/problems.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Gathers the problems of one file. */
export class Check {
  readonly problems: string[] = [];
  readonly notices: string[] = [];

  /** @param file the file as errors name it. */
  constructor(readonly file: string) {}

  /** `file: path`, as every problem begins. */
  place(path: string): string {
    return path === "" ? this.file : `${this.file}: ${path}`;
  }

  /** Adds `file: path: text`. */
  problem(path: string, text: string): void {
    this.problems.push(`${this.place(path)}: ${text}`);
  }

  /** Adds a notice that names the file and the path. */
  notice(path: string, text: string): void {
    this.notices.push(`${this.place(path)}: ${text}`);
  }

  /** Adds `found …, expected …`. */
  expected(path: string, found: unknown, expected: string): void {
    this.problem(path, `found ${show(found)}, expected ${expected}`);
  }

  /** @throws {ConfigError} where there are problems. */
  finish(): void {
    if (this.problems.length > 0) throw new ConfigError(this.problems);
  }

  /** The object at `path`; absent is empty, anything else a problem. */
  object(value: unknown, path: string): JsonObject {
    if (value === undefined) return {};
    if (isObject(value)) return value;
    this.expected(path, value, "an object");
    return {};
  }

  /** The list at `path`; absent is empty, anything else a problem. */
  list(value: unknown, path: string): readonly unknown[] {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.expected(path, value, "a list");
    return [];
  }

  /** The text at `path`, undefined where absent. */
  text(value: unknown, path: string): string | undefined {
    if (value === undefined || typeof value === "string") return value;
    this.expected(path, value, "a text");
    return undefined;
  }

  /** Reports keys of `object` that are not in `known`. */
  keys(object: JsonObject, known: readonly string[], path: string): void {
    for (const key of Object.keys(object)) {
      if (!known.includes(key)) this.unknownKey(key, known, path);
    }
  }

  unknownKey(key: string, known: readonly string[], path: string): void {
    this.problem(
      join(path, key),
      `found unknown key ${show(key)}${
        didYouMean(key, known)
      }, expected one of ${list(known)}`,
    );
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A path some steps further: `a.b`, `a["b.c"]` or `a[0]`. */
export function join(path: string, ...keys: (string | number)[]): string {
  return keys.reduce(step, path) as string;
}

function step(path: string | number, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  if (!/^[A-Za-z0-9_-]+$/.test(key)) {
    const text = JSON.stringify(key);
    return `${path}[${text.length > 80 ? text.slice(0, 80) + '…"' : text}]`;
  }
  return path === "" ? key : `${path}.${key}`;
}
