/**
 * The shim's log: `<bundle>/log`, a FIFO that containerd copies into its own log (SHIM.md §1.12). Lines look like
 * containerd's. A line that cannot be written at once is dropped: a log must not hold up a pod.
 */
import { close, libcLater, O, open } from "./libc.ts";

export type LogLevel = "debug" | "info" | "warning" | "error";
export type LogFields = Record<string, string | number | undefined>;

/** Longest line: bytes. Below PIPE_BUF, so that a line is written whole or not at all. */
const MAX_LINE = 4000;

const encoder = new TextEncoder();

/** One line in containerd's form. */
export function formatLine(
  at: Date,
  level: LogLevel,
  message: string,
  fields: LogFields,
): string {
  const words = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${quote(String(value))}`);
  return `time=${JSON.stringify(at.toISOString())} level=${level} msg=${
    JSON.stringify(message)
  }${words.join("")}`;
}

function quote(value: string): string {
  return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}

export class Log {
  readonly #bundles: string[] = [];
  readonly #debug: boolean;
  #fd: number | undefined;
  #at: string | undefined;

  constructor(debug: boolean) {
    this.#debug = debug;
  }

  /** A bundle whose log may be written while its task lives. The oldest one is used. */
  use(bundle: string): void {
    if (!this.#bundles.includes(bundle)) this.#bundles.push(bundle);
  }

  /** The bundle goes; lines move on to the next one's log. */
  drop(bundle: string): void {
    const at = this.#bundles.indexOf(bundle);
    if (at >= 0) this.#bundles.splice(at, 1);
    if (this.#at === bundle) this.#close();
  }

  debug(message: string, fields: LogFields = {}): void {
    if (this.#debug) this.#line("debug", message, fields);
  }
  info(message: string, fields: LogFields = {}): void {
    this.#line("info", message, fields);
  }
  warn(message: string, fields: LogFields = {}): void {
    this.#line("warning", message, fields);
  }
  error(message: string, fields: LogFields = {}): void {
    this.#line("error", message, fields);
  }

  /** A line that is in a form of its own already, such as a host's. */
  raw(line: string): void {
    this.#write(line);
  }

  #line(level: LogLevel, message: string, fields: LogFields): void {
    this.#write(formatLine(new Date(), level, message, fields));
  }

  #write(line: string): void {
    const fd = this.#open();
    if (fd === undefined) return;
    const bytes = encoder.encode(`${line.slice(0, MAX_LINE)}\n`);
    const end = bytes.length > MAX_LINE ? MAX_LINE : bytes.length;
    bytes[end - 1] = 0x0a;
    libcLater().write(fd, bytes, BigInt(end));
  }

  #open(): number | undefined {
    if (this.#fd !== undefined) return this.#fd;
    for (const bundle of this.#bundles) {
      try {
        if (!Deno.statSync(`${bundle}/log`).isFifo) continue;
        // Both ends: opening never waits for containerd, and a restart of it breaks nothing.
        this.#fd = open(`${bundle}/log`, O.RDWR | O.NONBLOCK);
        this.#at = bundle;
        return this.#fd;
      } catch {
        // A bundle without a log, or one that is going: the next one, or nowhere to write.
      }
    }
    return undefined;
  }

  #close(): void {
    if (this.#fd !== undefined) close(this.#fd);
    this.#fd = undefined;
    this.#at = undefined;
  }
}
