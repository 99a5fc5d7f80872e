/** The body of one HTTP/1.1 request, no faster than it is taken. */
import { type BodyReader, ChunkedBody, SizedBody } from "../../http/body.ts";
import { joined } from "../../isolate/stream_outbox.ts";
import type { BodySink, IncomingBody } from "../incoming.ts";

/** What of a body that nobody wants is read, to keep its connection: bytes. */
const UNWANTED = 256 * 1024;

export interface BodyOwner {
  /** The body can go on. */
  wake(): void;
  /** Somebody begins to read a body whose client waits for that. */
  consent(): void;
  /** Nobody has begun to read it, and nobody will. */
  refused(): void;
}

export class Http1Body implements IncomingBody {
  readonly declared: number | undefined;
  readonly #owner: BodyOwner;
  readonly #reader: BodyReader;
  #sink: BodySink | undefined;
  #held = false;
  #stopped = false;
  #unwanted = 0;
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
    const parts: Uint8Array[] = [];
    const end = this.#reader.take(bytes, at, parts);
    this.done = end >= 0;
    if (this.#stopped) {
      for (const part of parts) this.#unwanted += part.length;
    } else this.#give(joined(parts));
    return this.done ? end : bytes.length;
  }

  read(sink: BodySink): void {
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
    if (this.#sink === undefined) this.#owner.refused();
    this.#owner.wake();
  }

  /** No more will come. */
  broken(): void {
    if (this.done || this.#stopped) return;
    this.#stopped = true;
    this.#sink?.broken();
  }

  #give(bytes: Uint8Array): void {
    const sink = this.#sink!;
    const { trailers } = this.#reader;
    if (!this.done) {
      if (bytes.length > 0) sink.data(bytes, false);
      return;
    }
    if (trailers === undefined) return sink.data(bytes, true);
    if (bytes.length > 0) sink.data(bytes, false);
    // The sink may have had enough meanwhile.
    if (!this.#stopped) sink.trailers(trailers);
  }
}
