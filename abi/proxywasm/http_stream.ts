/**
 * One HTTP exchange through one plugin: its context's life, its two directions, and what host calls ask of it. Whoever
 * owns it links it with its neighbours: other plugins of a chain, an upstream, a client.
 */
import type { GuestRequest, GuestTrap } from "../host.ts";
import { ByteBuffer } from "./buffer.ts";
import { type FailureWatcher, NOBODY } from "./callback_queue.ts";
import type { Callbacks } from "./callbacks.ts";
import {
  HttpContext,
  type HttpControl,
  type LocalResponse,
  type RootContext,
} from "./contexts.ts";
import {
  Direction,
  type DirectionEvents,
  REQUEST,
  RESPONSE,
} from "./direction.ts";
import { HeaderMap } from "./header_map.ts";
import type { StreamSink } from "./stream_sink.ts";
import type { Vm } from "./vm.ts";

/** What a stream tells its owner. Never called while the guest runs. */
export interface HttpStreamOwner {
  /** Where the request goes on to, and where the response does. */
  readonly onward: StreamSink;
  readonly back: StreamSink;
  /** The plugin answers the exchange itself. */
  respond(response: LocalResponse): void;
  /** `proxy_close_stream`. */
  close(): void;
  /** What the guest wants to see whole is over the limit: of the request (413) or of the response (500). */
  overflow(side: "request" | "response"): void;
  /** Whether that side's source should wait. */
  pressure(side: "request" | "response", on: boolean): void;
  /** The instance failed under this exchange; `bypass` lets it go on as if the plugin were not there. */
  failed(error: GuestTrap): "bypass" | "stop";
}

export interface HttpStreamOptions {
  /** Bytes that each direction may hold. */
  limit: number;
  /** The plugin makes the answer itself, so that there are response fields and a body to write from the start. */
  answers: boolean;
}

export class HttpStream
  implements DirectionEvents, HttpControl, FailureWatcher {
  /** Into the plugin: from the client's side, and from the upstream's. */
  readonly request: StreamSink;
  readonly response: StreamSink;
  readonly #vm: Vm;
  readonly #callbacks: Callbacks;
  readonly #owner: HttpStreamOwner;
  readonly #context: HttpContext;
  readonly #requestWay: Direction;
  readonly #responseWay: Direction;
  #asked: "nothing" | "respond" | "close" = "nothing";
  #ended = false;

  constructor(
    vm: Vm,
    callbacks: Callbacks,
    root: RootContext,
    request: GuestRequest,
    owner: HttpStreamOwner,
    { limit, answers }: HttpStreamOptions,
  ) {
    this.#vm = vm;
    this.#callbacks = callbacks;
    this.#owner = owner;
    this.#requestWay = new Direction(
      vm,
      callbacks,
      REQUEST,
      owner.onward,
      this,
      limit,
    );
    this.#responseWay = new Direction(
      vm,
      callbacks,
      RESPONSE,
      owner.back,
      this,
      limit,
    );
    this.request = this.#requestWay;
    this.response = this.#responseWay;
    if (answers) {
      this.#responseWay.side.headers = new HeaderMap();
      this.#responseWay.side.body = new ByteBuffer();
    }
    this.#context = new HttpContext(
      vm.nextId(),
      root,
      request,
      this.#requestWay.side,
      this.#responseWay.side,
      this,
    );
    this.#requestWay.attach(this.#context);
    this.#responseWay.attach(this.#context);
    vm.contexts.set(this.#context.id, this.#context);
    this.#context.watcher = this;
  }

  /** `proxy_on_context_create`, before all else; the owner has linked the stream by then, since it may be answered here. */
  create(): void {
    const { failure } = this.#vm.queue;
    // It may have failed since it was chosen, and then nobody would hear of this stream.
    if (failure !== undefined) return this.instanceFailed(failure);
    const create = this.#callbacks.proxy_on_context_create;
    if (create === undefined) return;
    const { id, root } = this.#context;
    this.#vm.queue.call(
      "proxy_on_context_create",
      this.#context,
      create,
      id,
      root.id,
      0,
      NOBODY,
    );
  }

  /** Sends the answer that the plugin made through its own response callbacks. Only where it `answers`. */
  answer(): void {
    const { headers, body } = this.#responseWay.side;
    const map = headers!;
    if (map.get(":status") === undefined) map.prepend(":status", "200");
    const bytes = body!.view();
    this.#responseWay.side.body = undefined;
    this.#responseWay.headers(map, bytes.length === 0);
    if (bytes.length > 0) this.#responseWay.data(bytes, true);
  }

  /** Nothing more of the request goes through the plugin; what is on its way in is dropped. */
  stopRequest(): void {
    this.#requestWay.stop();
  }

  /** Nothing more of the response goes through the plugin. */
  stopResponse(): void {
    this.#responseWay.stop();
  }

  /** `proxy_on_log`: before `end`, of all plugins of a chain before any of them ends, as in Envoy (ABI.md §2.5). */
  log(): void {
    this.#requestWay.stop();
    this.#responseWay.stop();
    this.#asked = "nothing";
    this.#ended = true;
    this.#last("proxy_on_log");
  }

  /** The exchange is over: done and delete. Once, after `log`. */
  end(): void {
    this.#last("proxy_on_done");
    this.#last("proxy_on_delete");
    const vm = this.#vm;
    // Mostly at once, and then without making a function for it.
    if (vm.queue.idle) vm.delete(this.#context);
    else vm.queue.later(() => vm.delete(this.#context));
  }

  #last(name: "proxy_on_log" | "proxy_on_done" | "proxy_on_delete"): void {
    const callback = this.#callbacks[name];
    if (callback === undefined) return;
    const { id } = this.#context;
    this.#vm.queue.call(name, this.#context, callback, id, 0, 0, NOBODY);
  }

  // What host calls ask is done once the callback that runs has ended; each direction looks at the end of its own.

  continueRequest(): void {
    this.#later(() => this.#requestWay.resume());
  }

  continueResponse(): void {
    this.#later(() => this.#responseWay.resume());
  }

  close(): void {
    if (this.#asked === "nothing") this.#asked = "close";
    this.#later(() => this.interrupted());
  }

  respond(response: LocalResponse): void {
    // Of two in one callback the first counts, as in Envoy.
    if (this.#asked === "respond") return;
    this.#context.localResponse = response;
    if (this.#asked === "nothing") this.#asked = "respond";
    this.#later(() => this.interrupted());
  }

  instanceFailed(error: GuestTrap): void {
    this.#vm.delete(this.#context);
    if (this.#owner.failed(error) === "bypass" && !this.#ended) {
      this.#requestWay.bypass();
      this.#responseWay.bypass();
      return;
    }
    this.#requestWay.stop();
    this.#responseWay.stop();
  }

  overflow(side: "request" | "response"): void {
    this.#owner.overflow(side);
  }

  pressure(side: "request" | "response", on: boolean): void {
    this.#owner.pressure(side, on);
  }

  /** A direction that is in a callback takes note; otherwise the wish comes from another context's callback. */
  #later(action: () => void): void {
    if (this.#ended) return;
    this.#vm.queue.after(action);
  }

  interrupted(): boolean {
    const asked = this.#asked;
    this.#asked = "nothing";
    if (this.#ended || asked === "nothing") return false;
    this.#requestWay.stop();
    if (asked === "respond") this.#owner.respond(this.#context.localResponse!);
    else this.#owner.close();
    return true;
  }
}
