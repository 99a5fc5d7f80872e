/** One request and its response on an HTTP/2 stream. */
import type { ClientHttp2Stream, OutgoingHttpHeaders } from "node:http2";
import { type Pair, pairsOf } from "../../http/fields.ts";
import { Failure, type FailureKind } from "../failure.ts";
import { checkedTrailers } from "../fields.ts";
import { type RequestStream, type ResponseSink, WINDOW } from "../stream.ts";

/** Flag of a frame that ends its stream (RFC 9113 §6.2). */
const END_STREAM = 1;
/** Codes of streams that ended (RFC 9113 §7): in order, wrongly, or with their connection, as Deno has it. */
const NO_ERROR = 0;
const PROTOCOL_ERROR = 1;
const CANCEL = 8;

const NO_BYTES = new Uint8Array(0);

export class Http2Exchange implements RequestStream {
  readonly #stream: ClientHttp2Stream;
  readonly #sink: ResponseSink;
  #trailers: readonly Pair[] = [];
  #received: Pair[] | undefined;
  #behind = 0;
  /** Deno 2.9.6 may tell of data, and of the end, before it tells of the response they belong to. */
  #early: (() => void)[] | undefined = [];
  #requestDone = false;
  #over = false;

  constructor(stream: ClientHttp2Stream, sink: ResponseSink) {
    this.#stream = stream;
    this.#sink = sink;
    stream.on(
      "response",
      (_fields: unknown, flags: number, raw: string[]) =>
        this.#response(flags, raw),
    );
    stream.on("trailers", (_fields: unknown, _flags: number, raw: string[]) => {
      this.#received = pairsOf(raw);
    });
    stream.on("data", (bytes: Uint8Array) => this.#data(bytes));
    stream.on("end", () => this.#end());
    stream.on("wantTrailers", () => this.#sendTrailers());
    stream.on("error", (error) => this.#failed((error as Error).message));
    stream.on("close", () => this.#failed("the stream was closed"));
  }

  send(bytes: Uint8Array, end: boolean): void {
    if (this.#over || this.#requestDone) return;
    this.#requestDone = end;
    if (bytes.length > 0) {
      this.#stream.write(bytes, (error) => {
        if (!error && !this.#over) this.#sink.sent(bytes.length);
      });
    }
    if (end) this.#stream.end();
  }

  trailers(fields: readonly Pair[]): void {
    if (this.#over || this.#requestDone) return;
    try {
      this.#trailers = checkedTrailers(fields);
    } catch (error) {
      this.#over = true;
      this.#stream.close(CANCEL);
      return this.#sink.failed(error as Failure);
    }
    this.send(NO_BYTES, true);
  }

  consumed(bytes: number): void {
    this.#behind -= bytes;
    if (this.#behind < WINDOW && this.#stream.isPaused()) this.#stream.resume();
  }

  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stream.close(CANCEL);
  }

  #response(flags: number, raw: string[]): void {
    if (this.#over) return;
    const ended = (flags & END_STREAM) !== 0;
    this.#sink.head(fieldsOf(raw), ended);
    const early = this.#early ?? [];
    this.#early = undefined;
    if (ended) return this.#finish();
    for (const event of early) event();
  }

  #data(bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0) return;
    this.#behind += bytes.length;
    if (this.#behind >= WINDOW) this.#stream.pause();
    // A plain array of its own: what Node gives is a view into a larger block.
    const copy = new Uint8Array(bytes);
    if (this.#early) this.#early.push(() => this.#sink.data(copy, false));
    else this.#sink.data(copy, false);
  }

  #end(): void {
    if (this.#over) return;
    if (this.#early) return void this.#early.push(() => this.#end());
    // A connection that is lost ends its streams too; only those that ended by themselves still stand.
    if (this.#stream.destroyed || this.#stream.rstCode !== 0) {
      return this.#failed("the response broke off");
    }
    if (this.#received) this.#sink.trailers(this.#received);
    else this.#sink.data(NO_BYTES, true);
    this.#finish();
  }

  /** A response that is complete ends the exchange, whatever of the request is left. */
  #finish(): void {
    this.#over = true;
    // As an answer before the end of its request is told (RFC 9113 §8.1).
    if (!this.#requestDone) this.#stream.close(NO_ERROR);
  }

  #sendTrailers(): void {
    try {
      this.#stream.sendTrailers(grouped(this.#trailers));
    } catch {
      this.#stream.close(CANCEL);
    }
  }

  #failed(message: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink.failed(
      new Failure(
        kindOf(this.#stream.rstCode),
        message,
      ),
    );
  }
}

function kindOf(code: number): FailureKind {
  if (code === PROTOCOL_ERROR) return "protocol";
  return code === NO_ERROR || code === CANCEL ? "terminated" : "reset";
}

/** Fields as trailers have to be given: the values of one name together. */
function grouped(fields: readonly Pair[]): OutgoingHttpHeaders {
  const values = new Map<string, string[]>();
  for (const [name, value] of fields) {
    const of = values.get(name);
    if (of) of.push(value);
    else values.set(name, [value]);
  }
  return Object.fromEntries(values);
}

/** Names and values by turns, as pairs, the status first. */
function fieldsOf(raw: readonly string[]): Pair[] {
  const pairs = pairsOf(raw);
  const at = pairs.findIndex(([name]) => name === ":status");
  if (at > 0) pairs.unshift(...pairs.splice(at, 1));
  return pairs;
}
