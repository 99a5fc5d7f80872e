/**
 * One direction of an exchange through one plugin, as Envoy's filter manager drives a wasm filter (ABI.md §2.4, §2.6):
 * what comes in is shown to the guest, and goes on, waits or is dropped as its answers say.
 */
import { ByteBuffer } from "./buffer.ts";
import type { Asker } from "./callback_queue.ts";
import type { Callbacks } from "./callbacks.ts";
import type { HttpContext } from "./contexts.ts";
import { Side } from "./contexts.ts";
import type { HeaderMap } from "./header_map.ts";
import type { StreamSink } from "./stream_sink.ts";
import { BodyAction, HeadersAction } from "./types.ts";
import type { Vm } from "./vm.ts";

/** What a direction tells the exchange besides what goes on. */
export interface DirectionEvents {
  /** After every callback: true if it answered or closed the exchange, so that this direction stops. */
  interrupted(): boolean;
  /** The guest wants the whole body, and it is over the limit. */
  overflow(side: "request" | "response"): void;
  /** Whether the source should wait, since what is held has reached the limit. */
  pressure(side: "request" | "response", on: boolean): void;
}

type Part = "headers" | "body" | "trailers";

/** The callbacks of one direction, by what they are told. */
export interface Names {
  side: "request" | "response";
  headers: "proxy_on_request_headers" | "proxy_on_response_headers";
  body: "proxy_on_request_body" | "proxy_on_response_body";
  trailers: "proxy_on_request_trailers" | "proxy_on_response_trailers";
}

export const REQUEST: Names = {
  side: "request",
  headers: "proxy_on_request_headers",
  body: "proxy_on_request_body",
  trailers: "proxy_on_request_trailers",
};

export const RESPONSE: Names = {
  side: "response",
  headers: "proxy_on_response_headers",
  body: "proxy_on_response_body",
  trailers: "proxy_on_response_trailers",
};

type Arrived =
  | { headers: HeaderMap; end: boolean }
  | { bytes: Uint8Array; end: boolean }
  | { trailers: HeaderMap };

const NOTHING = new Uint8Array(0);

export class Direction implements StreamSink, Asker {
  /** What host calls see of it. */
  readonly side = new Side();
  readonly #vm: Vm;
  #callbacks: Partial<Callbacks>;
  readonly #names: Names;
  readonly #next: StreamSink;
  readonly #events: DirectionEvents;
  /** Bytes that may be held before the source has to wait. */
  readonly #limit: number;
  #context!: HttpContext;
  /** What came while a callback was under way. */
  #arrived: Arrived[] = [];
  #arrivedBytes = 0;
  /** Counts looks at what arrived, so that only the last of those that were put off is done. */
  #looks = 0;
  /** Held back: unseen by the guest while all is stopped, seen while only the body is. */
  #held: ByteBuffer | undefined;
  /** By "all" what comes is not shown either; by the others it is, and does not go on. */
  #stopped: "no" | "all" | "body" | "trailers" = "no";
  /** All of the body is wanted, so that too much is an error and not a reason to wait. */
  #wantsAll = false;
  /** The next body callback sees what is held together with what comes. */
  #accumulates = false;
  /** What the guest is being shown. */
  #asked: Part | undefined;
  #ended = false;
  #endsWithHeaders = false;
  #over = false;
  #pressed = false;
  #heldTrailers: HeaderMap | undefined;
  /** The guest made trailers where none came: they go on behind the body. */
  #madeTrailers: HeaderMap | undefined;

  constructor(
    vm: Vm,
    callbacks: Callbacks,
    names: Names,
    next: StreamSink,
    events: DirectionEvents,
    limit: number,
  ) {
    this.#vm = vm;
    this.#callbacks = callbacks;
    this.#names = names;
    this.#next = next;
    this.#events = events;
    this.#limit = limit;
  }

  /** Known once the context is made of its two directions. */
  attach(context: HttpContext): void {
    this.#context = context;
  }

  headers(map: HeaderMap, end: boolean): void {
    if (this.#over) return;
    if (this.#waits("headers")) this.#arrive({ headers: map, end });
    else this.#headers(map, end);
  }

  data(bytes: Uint8Array, end: boolean): void {
    if (this.#over) return;
    if (!this.#waits("body")) return this.#data(bytes, end);
    this.#arrivedBytes += bytes.length;
    this.#arrive({ bytes, end });
    this.#press();
  }

  trailers(map: HeaderMap): void {
    if (this.#over) return;
    if (this.#waits("trailers")) this.#arrive({ trailers: map });
    else this.#trailers(map);
  }

  /** `proxy_continue_stream`: what was stopped goes on; harmless where nothing is. */
  resume(): void {
    if (this.#over || this.#asked !== undefined) return;
    const stopped = this.#stopped;
    this.#stopped = "no";
    if (stopped === "all") this.#resumeAll();
    else if (stopped !== "no") {
      this.#pass(NOTHING);
      if (stopped === "trailers") this.#next.trailers(this.side.trailers!);
    }
    this.#press();
  }

  /** The guest is not asked any more: all goes through as if it were not there. */
  bypass(): void {
    if (this.#over) return;
    this.#callbacks = {};
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked === undefined) this.resume();
    else this.#goOn(asked, 0);
    this.#pump();
  }

  /** Nothing more goes through here. */
  stop(): void {
    this.#over = true;
    this.#arrived = [];
    this.#arrivedBytes = 0;
    this.#held = undefined;
    this.side.ending = false;
    this.#press();
  }

  /**
   * Whether what comes has to wait: for what came before it, or for a callback of this instance. What that callback asks
   * for, and what waits besides, is done first; so a wish to go on never undoes an answer that is given after it.
   */
  #waits(part: Part): boolean {
    return this.#asked !== undefined || this.#arrived.length > 0 ||
      (this.#vm.queue.running &&
        this.#callbacks[this.#names[part]] !== undefined);
  }

  #arrive(what: Arrived): void {
    this.#arrived.push(what);
    if (this.#asked === undefined && this.#arrived.length === 1) {
      this.#vm.queue.later(() => this.#pump());
    }
  }

  #headers(map: HeaderMap, end: boolean): void {
    this.side.headers = map;
    this.#ended = this.#endsWithHeaders = end;
    this.#ask("headers", map.size, end);
  }

  #data(bytes: Uint8Array, end: boolean): void {
    this.#ended ||= end;
    if (this.#stopped === "all") {
      this.#hold(bytes);
      return this.#press();
    }
    const { side } = this;
    if (this.#accumulates) {
      side.body = this.#hold(bytes);
      if (this.#overflows()) return;
    } else side.body = new ByteBuffer(bytes);
    side.ending = end;
    this.#ask("body", side.body.length, end);
  }

  #trailers(map: HeaderMap): void {
    this.side.trailers = map;
    if (this.#stopped === "all") {
      this.#heldTrailers = map;
      return;
    }
    this.#ask("trailers", map.size, false);
  }

  /** Shows the guest something of `size`, and goes on with what it answers. */
  #ask(part: Part, size: number, end: boolean): void {
    const name = this.#names[part];
    const callback = this.#callbacks[name];
    if (callback === undefined) return this.#goOn(part, 0);
    this.#asked = part;
    const { id } = this.#context;
    const last = end ? 1 : 0;
    this.#vm.queue.call(name, this.#context, callback, id, size, last, this);
  }

  answered(answer: number): void {
    const asked = this.#asked;
    if (asked !== undefined && this.#counts()) this.#goOn(asked, answer);
    if (this.#arrived.length === 0) this.#press();
    else this.#pumpAfterwards();
  }

  #goOn(part: Part, answer: number): void {
    switch (part) {
      case "headers":
        return this.#headersAnswered(answer);
      case "body":
        return this.#dataAnswered(answer);
      case "trailers":
        return this.#trailersAnswered(answer);
    }
  }

  /** After a callback: whether its answer still counts. */
  #counts(): boolean {
    this.#asked = undefined;
    if (this.#over) return false;
    if (!this.#events.interrupted()) return true;
    this.stop();
    return false;
  }

  #headersAnswered(action: number): void {
    if (
      action === HeadersAction.continue ||
      action === HeadersAction.continueAndEndStream
    ) {
      return this.#passHeaders(this.#ended);
    }
    const { headersAlone } = this.#context.root.options;
    if (action === HeadersAction.stop && headersAlone) {
      this.#stopped = "body";
      return;
    }
    // Otherwise Envoy takes a plain pause for "stop everything" too (ABI.md §2.6).
    this.#stopped = "all";
    this.#wantsAll = action === HeadersAction.stopAllAndBuffer;
  }

  #dataAnswered(action: number): void {
    const seen = this.side.body!;
    if (this.side.ending) this.#takeMadeTrailers();
    if (action === BodyAction.continue) {
      this.#stopped = "no";
      return this.#pass(this.#accumulates ? NOTHING : seen.view());
    }
    this.#stopped = "body";
    switch (action) {
      case BodyAction.stopAndBuffer:
        if (!this.#accumulates) this.#hold(seen.view());
        this.#accumulates = this.#wantsAll = true;
        this.side.body = this.#held;
        break;
      case BodyAction.stopAndWatermark:
        if (!this.#accumulates) this.#hold(seen.view());
        this.#accumulates = this.#wantsAll = false;
        this.side.body = undefined;
        break;
      default:
        // Not kept at all.
        if (this.#accumulates) this.#held = undefined;
        this.#accumulates = false;
        this.side.body = undefined;
    }
    this.#press();
  }

  /** As in Envoy, the guest that made them is not asked about them. */
  #takeMadeTrailers(): void {
    const { side } = this;
    side.ending = false;
    if (side.trailers?.size) {
      this.#madeTrailers = side.trailers;
      this.#ended = false;
    } else side.trailers = undefined;
  }

  #trailersAnswered(action: number): void {
    if (action === 0) {
      this.#stopped = "no";
      this.#ended = false;
      this.#pass(NOTHING);
      this.#next.trailers(this.side.trailers!);
    } else this.#stopped = "trailers";
  }

  /** After a stop of everything: the guest now sees what came meanwhile. */
  #resumeAll(): void {
    const held = this.#held;
    this.#held = undefined;
    const trailers = this.#heldTrailers;
    this.#heldTrailers = undefined;
    const nothing = held === undefined && trailers === undefined;
    this.#passHeaders(this.#ended && nothing);
    const end = this.#ended && trailers === undefined;
    // Before what arrived since and is still to be looked at.
    if (trailers !== undefined) this.#arrived.unshift({ trailers });
    if (held !== undefined) {
      this.#arrivedBytes += held.length;
      this.#arrived.unshift({ bytes: held.view(), end });
    }
    this.#pump();
  }

  #passHeaders(end: boolean): void {
    if (this.side.sent) return;
    this.side.sent = true;
    this.#next.headers(this.side.headers!, end);
  }

  /** Sends on the headers if they waited, what is held, and `bytes`. */
  #pass(bytes: Uint8Array): void {
    const held = this.#held?.view() ?? NOTHING;
    this.#held = undefined;
    this.#accumulates = false;
    this.side.body = undefined;
    if (!this.side.sent) {
      this.#passHeaders(this.#endsWithHeaders);
      if (this.#endsWithHeaders) return;
    }
    this.side.passed += held.length + bytes.length;
    if (held.length > 0 && bytes.length > 0) this.#next.data(held, false);
    const last = bytes.length > 0 ? bytes : held;
    if (last.length > 0 || this.#ended) this.#next.data(last, this.#ended);
    const trailers = this.#madeTrailers;
    this.#madeTrailers = undefined;
    if (trailers !== undefined) this.#next.trailers(trailers);
    this.#press();
  }

  #hold(bytes: Uint8Array): ByteBuffer {
    if (this.#held === undefined) return this.#held = new ByteBuffer(bytes);
    const held = this.#held;
    if (bytes.length > 0) held.splice(held.length, 0, bytes);
    return held;
  }

  /** What the callback that ended asked for comes before what arrived meanwhile. */
  #pumpAfterwards(): void {
    const look = ++this.#looks;
    this.#vm.queue.afterwards(() => {
      if (look === this.#looks) this.#pump();
    });
  }

  /** What came while a callback ran. */
  #pump(): void {
    this.#looks++;
    while (this.#asked === undefined && !this.#over) {
      const next = this.#arrived.shift();
      if (next === undefined) break;
      if ("headers" in next) this.#headers(next.headers, next.end);
      else if ("trailers" in next) this.#trailers(next.trailers);
      else {
        this.#arrivedBytes -= next.bytes.length;
        this.#data(next.bytes, next.end);
      }
    }
    this.#press();
  }

  /** Bytes that wait. */
  get #waiting(): number {
    return (this.#held?.length ?? 0) + this.#arrivedBytes;
  }

  /** Whether what is wanted whole is over the limit: then nothing more goes through here. */
  #overflows(): boolean {
    if (
      !this.#wantsAll || this.#stopped === "no" || this.#waiting <= this.#limit
    ) return false;
    this.stop();
    this.#events.overflow(this.#names.side);
    return true;
  }

  #press(): void {
    if (this.#overflows()) return;
    const pressed = this.#waiting >= this.#limit;
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    this.#events.pressure(this.#names.side, pressed);
  }
}
