/**
 * One TCP connection through one plugin, as Envoy drives a wasm network filter (ABI.md §2.4): data that the guest lets
 * pass goes on, data it stops waits and is shown again together with what comes after it.
 */
import type { Facts, GuestTrap } from "../host.ts";
import type { GuestFunction } from "../suspend.ts";
import { ByteBuffer } from "./buffer.ts";
import type { FailureWatcher } from "./callback_queue.ts";
import type { Callbacks } from "./callbacks.ts";
import { type RootContext, TcpContext, type TcpControl } from "./contexts.ts";
import type { Vm } from "./vm.ts";

/** Who closed a connection (ABI.md §3.8). */
export const Peer = { unknown: 0, local: 1, remote: 2 } as const;
export type Peer = typeof Peer[keyof typeof Peer];

/** What a stream tells its owner. Never called while the guest runs. */
export interface TcpStreamOwner {
  /** The connection may be used: the next plugin is asked, or the upstream connected. Once. */
  accepted(): void;
  /** Data on its way up or down, past this plugin. */
  up(bytes: Uint8Array, end: boolean): void;
  down(bytes: Uint8Array, end: boolean): void;
  /** `proxy_close_stream`. */
  close(side: "downstream" | "upstream"): void;
  /** Whether the source of that side should wait. */
  pressure(side: "downstream" | "upstream", on: boolean): void;
  /** The instance failed under this connection. */
  failed(error: GuestTrap): void;
}

export class TcpStream implements FailureWatcher {
  readonly #vm: Vm;
  readonly #callbacks: Callbacks;
  readonly #owner: TcpStreamOwner;
  readonly #context: TcpContext;
  readonly #down: Flow;
  readonly #up: Flow;
  #accepted = false;
  #ended = false;

  /** `limit`: bytes each side may hold before its source has to wait. */
  constructor(
    vm: Vm,
    callbacks: Callbacks,
    root: RootContext,
    owner: TcpStreamOwner,
    limit: number,
    facts?: Facts,
  ) {
    this.#vm = vm;
    this.#callbacks = callbacks;
    this.#owner = owner;
    const id = vm.nextId();
    this.#context = new TcpContext(id, root, this.#control(), facts);
    vm.contexts.set(id, this.#context);
    this.#down = new Flow(
      "downstream",
      vm,
      this.#context,
      callbacks.proxy_on_downstream_data,
      (bytes, end) => owner.up(bytes, end),
      (on) => owner.pressure("downstream", on),
      limit,
    );
    this.#up = new Flow(
      "upstream",
      vm,
      this.#context,
      callbacks.proxy_on_upstream_data,
      (bytes, end) => owner.down(bytes, end),
      (on) => owner.pressure("upstream", on),
      limit,
    );
    this.#context.watcher = this;
  }

  instanceFailed(error: GuestTrap): void {
    this.#ended = true;
    this.#vm.delete(this.#context);
    this.#owner.failed(error);
  }

  /** A client has connected: `proxy_on_context_create`, `proxy_on_new_connection`. Before all else, once. */
  open(): void {
    if (this.#ended) return;
    const { failure } = this.#vm.queue;
    // It may have failed since it was chosen, and then nobody would hear of this stream.
    if (failure !== undefined) return this.instanceFailed(failure);
    const { root } = this.#context;
    this.#call("proxy_on_context_create", root.id, 0, () => {});
    this.#call("proxy_on_new_connection", 0, 0, (action) => {
      if (action === 0) this.#accept();
    });
  }

  /** From the client. */
  fromDownstream(bytes: Uint8Array, end: boolean): void {
    if (!this.#ended) this.#down.take(bytes, end, this.#accepted);
  }

  /** From the upstream. */
  fromUpstream(bytes: Uint8Array, end: boolean): void {
    if (!this.#ended) this.#up.take(bytes, end, true);
  }

  downstreamClosed(by: Peer): void {
    this.#call("proxy_on_downstream_connection_close", by, 0, () => {});
  }

  upstreamClosed(by: Peer): void {
    this.#call("proxy_on_upstream_connection_close", by, 0, () => {});
  }

  /** The connection is over: done, log and delete, in Envoy's order for TCP (ABI.md §2.5). Once. */
  end(): void {
    if (this.#ended) return;
    this.#call("proxy_on_done", 0, 0, () => {});
    this.#call("proxy_on_log", 0, 0, () => {});
    this.#call("proxy_on_delete", 0, 0, () => {});
    this.#ended = true;
    this.#vm.queue.later(() => this.#vm.delete(this.#context));
  }

  #accept(): void {
    if (this.#accepted || this.#ended) return;
    this.#accepted = true;
    this.#owner.accepted();
    this.#down.show();
  }

  #control(): TcpControl {
    const later = (action: () => void) =>
      this.#vm.queue.after(() => {
        if (!this.#ended) action();
      });
    return {
      continueDownstream: () =>
        later(() => this.#accepted ? this.#down.goOn() : this.#accept()),
      continueUpstream: () => later(() => this.#up.goOn()),
      close: (side) => later(() => this.#owner.close(side)),
    };
  }

  #call(
    name:
      | "proxy_on_context_create"
      | "proxy_on_new_connection"
      | "proxy_on_downstream_connection_close"
      | "proxy_on_upstream_connection_close"
      | "proxy_on_done"
      | "proxy_on_log"
      | "proxy_on_delete",
    a: number,
    b: number,
    returned: (answer: number) => void,
  ): void {
    if (this.#ended) return;
    const callback = this.#callbacks[name];
    if (callback === undefined) return returned(0);
    const { id } = this.#context;
    this.#vm.queue.call(name, this.#context, callback, id, a, b, {
      answered: returned,
    });
  }
}

/** One direction of a connection. */
class Flow {
  readonly #side: "downstream" | "upstream";
  readonly #vm: Vm;
  readonly #context: TcpContext;
  readonly #callback: GuestFunction | undefined;
  readonly #pass: (bytes: Uint8Array, end: boolean) => void;
  readonly #pressure: (on: boolean) => void;
  readonly #limit: number;
  /** What the guest has seen. */
  #held = new ByteBuffer();
  #end = false;
  /** What it has not: the connection is not accepted yet, or the instance was busy when it came. */
  #arrived = new ByteBuffer();
  #arrivedEnd = false;
  #inCall = false;
  /** The next look at what arrived waits for its turn. */
  #queued = false;
  #pressed = false;

  constructor(
    side: "downstream" | "upstream",
    vm: Vm,
    context: TcpContext,
    callback: GuestFunction | undefined,
    pass: (bytes: Uint8Array, end: boolean) => void,
    pressure: (on: boolean) => void,
    limit: number,
  ) {
    this.#side = side;
    this.#vm = vm;
    this.#context = context;
    this.#callback = callback;
    this.#pass = pass;
    this.#pressure = pressure;
    this.#limit = limit;
  }

  /** More data. `show`: the guest may see it now. */
  take(bytes: Uint8Array, end: boolean, show: boolean): void {
    this.#arrived.splice(this.#arrived.length, 0, bytes);
    this.#arrivedEnd ||= end;
    if (show) this.show();
    this.#press();
  }

  /** Shows the guest what arrived, together with what it wanted to wait: now, or when its instance is free. */
  show(): void {
    if (this.#inCall || this.#queued) return;
    if (this.#arrived.length === 0 && !this.#arrivedEnd) return;
    if (this.#callback !== undefined && this.#vm.queue.running) {
      this.#queued = true;
      this.#vm.queue.later(() => {
        this.#queued = false;
        this.show();
      });
      return;
    }
    this.#held.splice(this.#held.length, 0, this.#arrived.view());
    this.#end ||= this.#arrivedEnd;
    this.#arrived = new ByteBuffer();
    this.#arrivedEnd = false;
    if (this.#callback === undefined) this.#go();
    else this.#ask(this.#callback);
  }

  /** `proxy_continue_stream`: what is held goes on as it is. */
  goOn(): void {
    if (this.#held.length > 0 || this.#end) this.#go();
  }

  #ask(callback: GuestFunction): void {
    this.#inCall = true;
    this.#context[this.#side] = this.#held;
    this.#vm.queue.call(
      `proxy_on_${this.#side}_data`,
      this.#context,
      callback,
      this.#context.id,
      this.#held.length,
      this.#end ? 1 : 0,
      {
        answered: (action) => {
          this.#inCall = false;
          if (action === 0) this.#go();
          // What the callback asked for comes before what arrived meanwhile.
          if (this.#arrived.length > 0 || this.#arrivedEnd) {
            this.#vm.queue.afterwards(() => this.show());
          }
        },
      },
    );
  }

  #go(): void {
    const bytes = this.#held.view();
    this.#held = new ByteBuffer();
    this.#context[this.#side] = undefined;
    const end = this.#end;
    this.#end = false;
    this.#pass(bytes, end);
    this.#press();
  }

  #press(): void {
    const pressed = this.#held.length + this.#arrived.length >= this.#limit;
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    this.#pressure(pressed);
  }
}
