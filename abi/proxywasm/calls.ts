/**
 * Calls of one instance that are under way, and the callbacks that end them. Every callback is queued, so that it comes
 * after the guest call that runs (ABI.md §7.19), on the root context of the caller; not at all once that is gone, once
 * the instance has failed, or once the guest cancelled.
 */
import type { GrpcStream, HttpCallResponse } from "../calls.ts";
import type { GuestFunction } from "../suspend.ts";
import type { CallbackName, Callbacks } from "./callbacks.ts";
import type { RootContext } from "./contexts.ts";
import { HeaderMap } from "./header_map.ts";
import { Status } from "./types.ts";
import type { Vm } from "./vm.ts";

/** The kind of a call, in the two low bits of its id, as Envoy has it. */
export const CallKind = { http: 0, grpcCall: 1, grpcStream: 2 } as const;
export type CallKind = typeof CallKind[keyof typeof CallKind];

/** What host calls may read while the callback runs that tells of it. */
export interface Received {
  /** By map type, 4 to 7. */
  maps: Readonly<Record<number, HeaderMap>>;
  /** By buffer type, 4 or 5. */
  buffers: Readonly<Record<number, Uint8Array>>;
  /** What `proxy_get_status` says. */
  status: number;
  text: string;
}

const NOTHING: Received = { maps: {}, buffers: {}, status: 0, text: "" };

/** One call under way. */
interface Call {
  root: RootContext;
  /** Bytes it was begun with. */
  bytes: number;
  cancel(): void;
  /** Of gRPC. */
  stream?: GrpcStream;
}

export class GuestCallTable {
  readonly #vm: Vm;
  readonly #calls = new Map<number, Call>();
  #callbacks: Partial<Callbacks> = {};
  #ended: (root: RootContext) => void = () => {};
  #last = 0;
  #bytes = 0;
  /** What came with the callback that runs. */
  received: Received = NOTHING;

  constructor(vm: Vm) {
    this.#vm = vm;
  }

  /** Calls under way. */
  get size(): number {
    return this.#calls.size;
  }

  /** Bytes they were begun with. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Once the instance has exports; `ended` hears of the end of every callback. */
  attach(callbacks: Callbacks, ended: (root: RootContext) => void): void {
    this.#callbacks = callbacks;
    this.#ended = ended;
    this.#vm.queue.watch({ instanceFailed: () => this.cancelAll() });
  }

  /** An id for a new call: none that is under way, never 0. */
  nextId(kind: CallKind): number {
    let id: number;
    do {
      this.#last = this.#last >= 0x3fffffff ? 1 : this.#last + 1;
      id = this.#last * 4 + kind;
    } while (this.#calls.has(id));
    return id;
  }

  add(id: number, call: Call): void {
    this.#calls.set(id, call);
    this.#bytes += call.bytes;
  }

  get(id: number): Call | undefined {
    return this.#calls.get(id);
  }

  /** Gives a call up: nothing more is heard of it. */
  cancel(id: number): void {
    this.#remove(id)?.cancel();
  }

  /** Gives up all calls, or those of one root. */
  cancelAll(root?: RootContext): void {
    for (const [id, call] of [...this.#calls]) {
      if (root === undefined || call.root === root) this.cancel(id);
    }
  }

  /** The end of an HTTP call; without a response all numbers are 0 and the status is 11, "reset", as in Envoy. */
  httpResponse(id: number, response: HttpCallResponse | undefined): void {
    const headers = new HeaderMap(response?.headers);
    const trailers = new HeaderMap(response?.trailers);
    const body = response?.body ?? new Uint8Array(0);
    const numbers = [headers.size, body.length, trailers.size];
    const received: Received = response === undefined
      ? { ...NOTHING, status: Status.brokenConnection, text: "reset" }
      : {
        maps: { 6: headers, 7: trailers },
        buffers: { 4: body },
        status: Status.ok,
        text: "",
      };
    this.#tell("proxy_on_http_call_response", id, numbers, received, true);
  }

  grpcInitial(id: number, metadata: [string, string][]): void {
    const map = new HeaderMap(metadata);
    const received = { ...NOTHING, maps: { 4: map } };
    const name = "proxy_on_grpc_receive_initial_metadata";
    this.#tell(name, id, [map.size], received, false);
  }

  /** A message; with `last` the call is over with it. `done`: the guest has had it. */
  grpcMessage(
    id: number,
    bytes: Uint8Array,
    last: boolean,
    done: () => void,
  ): void {
    const received = { ...NOTHING, buffers: { 5: bytes } };
    const name = "proxy_on_grpc_receive";
    this.#tell(name, id, [bytes.length], received, last, done);
  }

  grpcTrailing(id: number, metadata: [string, string][]): void {
    const map = new HeaderMap(metadata);
    const received = { ...NOTHING, maps: { 5: map } };
    const name = "proxy_on_grpc_receive_trailing_metadata";
    this.#tell(name, id, [map.size], received, false);
  }

  grpcClose(id: number, status: number, text: string): void {
    const received = { ...NOTHING, status, text };
    this.#tell("proxy_on_grpc_close", id, [status], received, true);
  }

  #remove(id: number): Call | undefined {
    const call = this.#calls.get(id);
    if (call !== undefined) this.#bytes -= call.bytes;
    this.#calls.delete(id);
    return call;
  }

  /** Calls the guest about call `id`, unless it is none any more when its turn comes. */
  #tell(
    name: CallbackName,
    id: number,
    numbers: number[],
    received: Received,
    last: boolean,
    done: () => void = () => {},
  ): void {
    const queue = this.#vm.queue;
    queue.later(() => {
      const call = this.#calls.get(id);
      if (call === undefined) return;
      if (last) this.#remove(id);
      const { root } = call;
      const callback = this.#callbacks[name];
      if (callback === undefined) return done();
      const [a = 0, b = 0, c = 0] = numbers;
      const enter: GuestFunction = () => {
        this.received = received;
        return callback(root.id, id, a, b, c);
      };
      queue.call(name, root, enter, 0, 0, 0, {
        answered: () => {
          this.received = NOTHING;
          done();
          this.#ended(root);
        },
      });
    });
  }
}
