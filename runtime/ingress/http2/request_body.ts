/** The body of one HTTP/2 request: its window opens no faster than it is taken. */
import type { ServerHttp2Stream } from "node:http2";
import { type Pair, pairsOf } from "../../http/fields.ts";
import type { BodySink, IncomingBody } from "../incoming.ts";

/** What of a body that nobody wants is thrown away before its client has to wait: bytes. */
const UNWANTED = 256 * 1024;

const NONE = new Uint8Array(0);

export class Http2Body implements IncomingBody {
  readonly declared: number | undefined;
  readonly #stream: ServerHttp2Stream;
  /** The client waits for our consent. */
  #expects: boolean;
  #sink: BodySink | undefined;
  #trailers: Pair[] | undefined;
  #flowing = false;
  #held = false;
  /** All of it came: without data, Deno tells of that before anybody reads. */
  #ended = false;
  #stopped = false;
  #broken = false;
  #unwanted = 0;

  constructor(
    stream: ServerHttp2Stream,
    declared: number | undefined,
    expects: boolean,
  ) {
    this.#stream = stream;
    this.declared = declared;
    this.#expects = expects;
    stream.on("trailers", (_fields: unknown, _flags: number, raw: string[]) => {
      this.#trailers = pairsOf(raw);
    });
    stream.on("end", () => this.#end());
  }

  read(sink: BodySink): void {
    if (this.#broken) return sink.broken();
    if (this.#stopped) return;
    this.#sink = sink;
    this.#consent();
    this.#go();
  }

  hold(on: boolean): void {
    this.#held = on;
    if (this.#stopped || this.#sink === undefined) return;
    if (on) this.#stream.pause();
    else this.#go();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#sink = undefined;
    this.#flow();
  }

  /** No more will come. */
  broken(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#broken = true;
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.broken();
  }

  #go(): void {
    if (this.#held) return;
    if (this.#ended) this.#finish();
    else this.#flow();
  }

  #consent(): void {
    if (!this.#expects || this.#stream.headersSent) return;
    this.#expects = false;
    try {
      this.#stream.additionalHeaders({ ":status": 100 });
    } catch { /* The stream is over, and will say so. */ }
  }

  #flow(): void {
    if (this.#stream.destroyed) return;
    if (!this.#flowing) {
      this.#flowing = true;
      this.#stream.on("data", (bytes: Uint8Array) => this.#data(bytes));
    }
    this.#stream.resume();
  }

  #data(bytes: Uint8Array): void {
    if (this.#sink !== undefined) {
      if (bytes.length > 0) this.#sink.data(ownBytes(bytes), false);
      return;
    }
    this.#unwanted += bytes.length;
    if (this.#unwanted > UNWANTED) this.#stream.pause();
  }

  #end(): void {
    if (this.#stopped) return;
    // A connection that is lost ends its streams too; only those that ended by themselves still stand.
    if (this.#stream.destroyed || this.#stream.rstCode !== 0) {
      return this.broken();
    }
    this.#ended = true;
    if (!this.#held) this.#finish();
  }

  #finish(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    this.#stopped = true;
    this.#sink = undefined;
    if (this.#trailers !== undefined) sink.trailers(this.#trailers);
    else sink.data(NONE, true);
  }
}

/** A plain array that owns its memory: what Node gives may be a view into a larger block. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  const { buffer, byteLength } = bytes;
  return byteLength === buffer.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}
