/**
 * YAML as Envoy reads it, into plain values. Plain scalars are null, truth values, whole numbers and otherwise texts (a
 * fraction stays the text it is, which Envoy's numbers take as well). Differences on purpose: a key given twice, a second
 * document and an unknown tag are mistakes, since one of two things that somebody wrote would be ignored.
 */
import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";

/** Values that a document may hold in all, those that aliases repeat counted each time. */
const MAX_VALUES = 200_000;

/** Levels of lists and maps inside each other. */
const MAX_DEPTH = 64;

/** Longer texts are not looked at: the parser takes some hundred bytes for each that it reads. */
export const MAX_YAML = 1024 * 1024;

/** Lines of a text. */
const MAX_LINES = 50_000;

/** A mistake in a YAML text; line and column count from 1. */
export class YamlSyntaxError extends Error {
  override name = "YamlSyntaxError";
  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(message);
  }
}

/**
 * The value of the one document in `text`.
 * @throws {YamlSyntaxError}
 */
export function parseYaml(text: string): unknown {
  refuseMonsters(text);
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      schema: "failsafe",
      version: "1.2",
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: lines,
      logLevel: "error",
    });
    const [mistake] = [...document.errors, ...document.warnings];
    if (mistake !== undefined) {
      throw mistakeAt(lines, mistake.pos[0], inOurWords(mistake));
    }
    return new Reader(lines).value(document.contents, 0);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new YamlSyntaxError("exceeded max depth", 1, 1);
  }
}

/** What the parser would spend seconds or its whole stack on; a quick look before it is let loose. */
function refuseMonsters(text: string): void {
  if (text.length > MAX_YAML) {
    throw new YamlSyntaxError(
      `found ${text.length} characters, expected at most ${MAX_YAML} in YAML`,
      1,
      1,
    );
  }
  const lines = text.split("\n");
  if (lines.length > MAX_LINES) {
    throw new YamlSyntaxError(
      `found ${lines.length} lines, expected at most ${MAX_LINES} in YAML`,
      MAX_LINES + 1,
      1,
    );
  }
  let depth = 0;
  for (const [i, line] of lines.entries()) {
    const indicators = MANY_INDICATORS.exec(line);
    if (indicators !== null) {
      throw new YamlSyntaxError("exceeded max depth", i + 1, 1);
    }
    for (let at = 0; at < line.length; at++) {
      const c = line.charCodeAt(at);
      if (c === 0x5b || c === 0x7b) depth++;
      else if (c === 0x5d || c === 0x7d) depth = Math.max(0, depth - 1);
      if (depth > 2 * MAX_DEPTH) {
        throw new YamlSyntaxError("exceeded max depth", i + 1, at + 1);
      }
    }
  }
}

/** As many list, key and value marks, anchors and tags in a row as no file needs. */
const MANY_INDICATORS = /(?:(?:[-?:]|[&!*][^ ]{0,64}|[^ ]{0,64}:) +){64}/;

/** Two of the parser's messages speak of itself. */
function inOurWords({ code, message }: { code: string; message: string }) {
  if (/call stack/.test(message)) return "exceeded max depth";
  return code === "MULTIPLE_DOCS"
    ? "found a second document, expected one"
    : message;
}

function mistakeAt(
  lines: LineCounter,
  offset: number,
  message: string,
): YamlSyntaxError {
  const { line, col } = lines.linePos(offset);
  return new YamlSyntaxError(message.slice(0, 300), line, col);
}

class Reader {
  #values = 0;
  /** What each anchor stands for, with the number of values in it. */
  readonly #anchors = new Map<string, { value: unknown; size: number }>();

  constructor(readonly lines: LineCounter) {}

  value(node: unknown, depth: number): unknown {
    if (!isNode(node)) return null;
    if (depth > MAX_DEPTH) this.#fail(node, "exceeded max depth");
    const before = this.#values;
    this.#count(node, 1);
    const value = this.#of(node, depth);
    if (!isAlias(node) && node.anchor !== undefined) {
      const size = this.#values - before;
      this.#anchors.set(node.anchor, { value, size });
    }
    return value;
  }

  #of(node: Node, depth: number): unknown {
    if (isAlias(node)) return this.#alias(node);
    if (isMap(node)) return this.#map(node, depth);
    if (isSeq(node)) {
      return node.items.map((item) => this.value(item, depth + 1));
    }
    const { value, source, type, tag } = node as Scalar;
    const text = String(value ?? source ?? "");
    return type !== "PLAIN" || tag !== undefined ? text : plain(text);
  }

  /** The value itself and not a copy: nothing here changes values. */
  #alias(node: Alias): unknown {
    const anchor = this.#anchors.get(node.source);
    if (anchor === undefined) {
      this.#fail(node, `found alias *${node.source} of nothing before it`);
    }
    this.#count(node, anchor.size);
    return anchor.value;
  }

  #map(node: YAMLMap, depth: number): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      if (!isScalar(key)) {
        this.#fail(isNode(key) ? key : node, "found a key that is no text");
      }
      const name = String(key.value ?? key.source ?? "");
      if (entries.has(name)) {
        this.#fail(key, `key ${JSON.stringify(name)} is given twice`);
      }
      entries.set(name, this.value(value, depth + 1));
    }
    return Object.fromEntries(entries);
  }

  #count(node: Node, values: number): void {
    this.#values += values;
    if (this.#values > MAX_VALUES) {
      this.#fail(node, `found more than ${MAX_VALUES} values`);
    }
  }

  #fail(node: Node, message: string): never {
    throw mistakeAt(this.lines, node.range?.[0] ?? 0, message);
  }
}

/** The words of YAML 1.1, each in lower case, in capitals or with one capital. */
const WORD =
  /^(?:(y|yes|true|on|Y|Yes|True|On|YES|TRUE|ON)|(?:n|no|false|off|N|No|False|Off|NO|FALSE|OFF))$/;

function plain(text: string): unknown {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return null;
  const word = WORD.exec(text);
  if (word !== null) return word[1] !== undefined;
  const number = whole(text);
  return number !== undefined && Number.isSafeInteger(number) ? number : text;
}

/** Whole numbers are decimal, octal (`010`) or hexadecimal (`0x10`); what 53 bits do not hold stays a text. */
function whole(text: string): number | undefined {
  const parts = /^([+-]?)(?:(0[0-7]+)|(0[xX][0-9a-fA-F]+)|([0-9]+))$/.exec(
    text,
  );
  if (parts === null) return undefined;
  const [, sign, octal, hex, decimal] = parts;
  if (decimal !== undefined && /^0[0-9]/.test(decimal)) return undefined;
  const size = octal !== undefined
    ? parseInt(octal, 8)
    : Number(hex ?? decimal);
  return sign === "-" && size !== 0 ? -size : size;
}
