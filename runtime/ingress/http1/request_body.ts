/** The body of one HTTP/1.1 request, no faster than it is taken. */
import { type BodyReader, ChunkedBody, SizedBody } from "../../http/body.ts";
import { joined } from "../../../proto/joined.ts";
import type { BodySink, IncomingBody } from "../incoming.ts";

/** What of a body that nobody wants is read, to keep its connection: bytes. */
const UNWANTED = 256 * 1024;

export interface BodyOwner {
  /** The body can go on. */
  wake(): void;
  /** Somebody begins to read it. */
  consent(): void;
}

export class Http1Body implements IncomingBody {
  readonly declared: number | undefined;
  readonly #owner: BodyOwner;
  readonly #reader: BodyReader;
  #sink: BodySink | undefined;
  #held = false;
  #stopped = false;
  #broken = false;
  #unwanted = 0;
  /** What was taken and not yet given. */
  #parts: Uint8Array[] = [];
  /** All of it came. */
  done = false;

  /** `framing` is not 0. */
  constructor(framing: number | "chunked", owner: BodyOwner) {
    this.#owner = owner;
    this.declared = framing === "chunked" ? undefined : framing;
    this.#reader = framing === "chunked"
      ? new ChunkedBody()
      : new SizedBody(framing);
  }

  /** Whether bytes that come can be taken. */
  get wanted(): boolean {
    return this.#stopped || this.#sink !== undefined && !this.#held;
  }

  /** Nobody wants it, and it is longer than a connection is worth. */
  get tooMuch(): boolean {
    return this.#unwanted > UNWANTED;
  }

  /** Takes `bytes[at, …)`. @returns where the next thing begins. @throws {Malformed} */
  take(bytes: Uint8Array, at: number): number {
    const end = this.#reader.take(bytes, at, this.#parts);
    this.done = end >= 0;
    const next = this.done ? end : bytes.length;
    if (this.#stopped) {
      this.#parts = [];
      this.#unwanted += next - at;
    }
    return next;
  }

  /** Hands on what was taken; after that, as its reader may answer or stop it. */
  give(): void {
    if (this.#stopped) return;
    const sink = this.#sink!;
    const bytes = joined(this.#parts);
    this.#parts = [];
    const { trailers } = this.#reader;
    const last = this.done && trailers === undefined;
    if (last || bytes.length > 0) sink.data(bytes, last);
    // It may have had enough meanwhile.
    if (trailers !== undefined && !this.#stopped) sink.trailers(trailers);
  }

  read(sink: BodySink): void {
    if (this.#broken) return sink.broken();
    if (this.#stopped) return;
    this.#sink = sink;
    this.#owner.consent();
    this.#owner.wake();
  }

  hold(on: boolean): void {
    if (on === this.#held) return;
    this.#held = on;
    if (!on) this.#owner.wake();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#owner.wake();
  }

  /** No more will come. */
  broken(): void {
    if (this.done || this.#stopped) return;
    this.#stopped = true;
    this.#broken = true;
    this.#sink?.broken();
  }
}
