/**
 * Our own log lines and those of `proxy_log`: logfmt, one line each, whatever the text holds. A value with anything but
 * plain printable characters is quoted and escaped, so a guest can forge neither a line nor a field, nor move a
 * terminal's cursor. Lines are bounded.
 */

/** From the least to the most serious; the index is the proxy-wasm log level. */
export const LEVELS = [
  "trace",
  "debug",
  "info",
  "warn",
  "error",
  "critical",
] as const;
export type Level = typeof LEVELS[number];

/** Named values of a line; undefined ones are left out. Names are our own words, never a guest's. */
export type Fields = Record<
  string,
  string | number | bigint | boolean | undefined
>;

/** Characters of a message, and of any other value, that reach the log; the rest is counted. */
export const MAX_MESSAGE = 8192;
export const MAX_VALUE = 2048;

/** A level's number, 0 (trace) to 5 (critical): the same as `abi/host.ts`'s `LogLevel`. */
export function levelNumber(level: Level): number {
  return LEVELS.indexOf(level);
}

/** The level with number `n`; a number outside 0–5 counts as the nearest. */
export function levelName(n: number): Level {
  return LEVELS[Math.min(Math.max(Math.trunc(n) || 0, 0), LEVELS.length - 1)] ??
    "info";
}

/** One line, newline included: `time=… level=… msg=… key=value …`. */
export function formatLine(
  level: Level,
  message: string,
  fields: Fields = {},
  time: Date = new Date(),
): string {
  let line = `time=${time.toISOString()} level=${level} msg=${
    formatValue(message, MAX_MESSAGE)
  }`;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    line += ` ${name}=${
      typeof value === "string" ? formatValue(value, MAX_VALUE) : value
    }`;
  }
  return line + "\n";
}

/** Whatever would need quotes: all but printable ASCII and letters beyond it, and the characters logfmt reads. */
const PLAIN = /^[!#-<>-[\]-~]+$/;

/** Controls, marks that reorder or hide text, line separators, lone surrogates, the quote and the backslash. */
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f"\\\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

const SHORT: Record<string, string> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** A value as logfmt takes it, cut after `max` characters with a note of how many are missing. */
export function formatValue(value: string, max = MAX_VALUE): string {
  let text = value;
  if (text.length > max) {
    text = `${text.slice(0, max)}… (${text.length - max} more characters)`;
  }
  return PLAIN.test(text) ? text : `"${escapeText(text)}"`;
}

/** `text` with all that could act on a log's reader written as `\n`, `\"`, `\u001b` and so on. */
export function escapeText(text: string): string {
  return text.replace(
    UNSAFE,
    (c) => SHORT[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Writes lines at or above its level to a sink, with fields of its own on each. */
export class Logger {
  #sink: (line: string) => void;
  #threshold: { level: Level };
  #fields: Fields;

  /** `sink` takes whole lines and must not throw. */
  constructor(
    sink: (line: string) => void,
    level: Level = "info",
    fields: Fields = {},
  ) {
    this.#sink = sink;
    this.#threshold = { level };
    this.#fields = fields;
  }

  /** The same sink and level with more fields; a level set later on either holds for both. */
  with(fields: Fields): Logger {
    const child = new Logger(this.#sink, "info", {
      ...this.#fields,
      ...fields,
    });
    child.#threshold = this.#threshold;
    return child;
  }

  /** The same level and fields into another sink. */
  to(sink: (line: string) => void): Logger {
    const child = new Logger(sink, "info", this.#fields);
    child.#threshold = this.#threshold;
    return child;
  }

  get level(): Level {
    return this.#threshold.level;
  }

  set level(level: Level) {
    this.#threshold.level = level;
  }

  log(level: Level, message: string, fields?: Fields): void {
    if (levelNumber(level) < levelNumber(this.#threshold.level)) return;
    this.#sink(formatLine(
      level,
      message,
      fields === undefined ? this.#fields : { ...this.#fields, ...fields },
    ));
  }

  debug(message: string, fields?: Fields): void {
    this.log("debug", message, fields);
  }
  info(message: string, fields?: Fields): void {
    this.log("info", message, fields);
  }
  warn(message: string, fields?: Fields): void {
    this.log("warn", message, fields);
  }
  error(message: string, fields?: Fields): void {
    this.log("error", message, fields);
  }
}
