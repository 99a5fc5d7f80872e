/** What the host calls of one instance share: its memory, its contexts, and which of them is current. */
import {
  type GuestHost,
  type GuestTrap,
  LogLevel,
  type PluginOptions,
} from "../host.ts";
import { GuestMemory } from "../memory.ts";
import type { AbiVersion } from "../outline.ts";
import { ByteBuffer } from "./buffer.ts";
import { CallbackQueue } from "./callback_queue.ts";
import { GuestCallTable } from "./calls.ts";
import { type Context, type HttpContext, idAfter } from "./contexts.ts";
import { CurrentHost } from "./current_host.ts";
import type { ForeignFunction } from "./foreign/mod.ts";
import { MAX_BODY_BYTES } from "./limits.ts";
import type { SharedServices } from "./shared/mod.ts";
import { Status } from "./types.ts";

/** What an instance tells the runtime, and what it may be given beyond `GuestHost`. All are optional. */
export interface PluginHooks {
  /** The guest set the tick period of a root context, in milliseconds; 0 stops the timer. */
  onTickPeriod?(milliseconds: number, root: number): void;
  /** After instantiation, before the guest is entered through an export. */
  onInstantiated?(instance: WebAssembly.Instance): void;
  /** The instance can be entered again after it was suspended. */
  onRested?(): void;
  /** The instance failed: nothing enters it again. */
  onFailed?(error: GuestTrap): void;
  /** Shared data, queues and metrics; without it the instance has some of its own, shared with no one. */
  shared?: SharedServices;
  /** Foreign functions by name, before those that every host has. */
  foreign?: ReadonlyMap<string, ForeignFunction>;
  /** Told every call between guest and host, in order; costs nothing where it is not given. */
  trace?(line: string): void;
  /** Greatest body in bytes that the guest may build or send; 64 MiB unless given. */
  maxBodyBytes?: number;
}

export class Vm {
  readonly memory = new GuestMemory();
  /** Those alive, by id. */
  readonly contexts = new Map<number, Context>();
  /** Buffer 8: Layotto's function id. */
  readonly callData = new ByteBuffer();
  /** Every entry into the guest goes through here. */
  readonly queue: CallbackQueue;
  /** Calls to services outside. */
  readonly calls: GuestCallTable;
  /** The host of the plugin whose context is current. */
  readonly host: GuestHost;
  /** The context that host calls act on, if any: `proxy_set_effective_context` changes it for this callback. */
  current: Context | undefined;
  /** The export that runs or ran last: what a trap is reported with. */
  callback = "";
  /** proc_exit was called with this code. */
  exitCode: number | undefined;
  /** Hears of every context that is no more. */
  onDeleted: ((context: Context) => void) | undefined;
  readonly maxBodyBytes: number;
  /** A plugin has no arguments. */
  readonly args: readonly string[] = [];
  readonly env: readonly string[];
  readonly #options: PluginOptions;
  #lastId = 0;

  constructor(
    host: GuestHost,
    options: PluginOptions,
    readonly abiVersion: AbiVersion,
    readonly hooks: PluginHooks,
    readonly shared: SharedServices,
  ) {
    this.host = new CurrentHost(this, host);
    this.#options = options;
    this.env = options.env;
    this.maxBodyBytes = hooks.maxBodyBytes ?? MAX_BODY_BYTES;
    this.queue = new CallbackQueue(this);
    this.calls = new GuestCallTable(this);
  }

  /** What the plugin whose context is current was started with. */
  get options(): PluginOptions {
    return this.current?.root.options ?? this.#options;
  }

  /** Before every callback: what host calls act on, and what a trap will name. */
  enter(callback: string, context: Context | undefined): void {
    this.callback = callback;
    this.current = context;
  }

  /** The HTTP exchange that host calls act on, if any. */
  get http(): HttpContext | undefined {
    return this.current?.http;
  }

  /** An id for a new context. */
  nextId(): number {
    return this.#lastId = idAfter(this.#lastId, this.contexts);
  }

  /**
   * The status for a call over a limit of this host, which the log names: 10 to a 0.1.0 module. Rust's SDK panics on that
   * (ABI.md §1.11), so a 0.2 module hears `heard`, which is one that its SDK takes.
   */
  overLimit(call: string, reason: string, heard: Status = Status.ok): Status {
    this.host.log(LogLevel.error, `${call} failed: ${reason}`);
    return this.abiVersion === "0.1.0" ? Status.internalFailure : heard;
  }

  /**
   * The same for a call that would have changed what passes. Where the module does not hear that it failed, the exchange
   * or connection ends instead: nothing passes that is not as the module believes.
   */
  cannotChange(call: string, reason: string): Status {
    const status = this.overLimit(call, reason);
    if (status !== Status.ok) return status;
    this.http?.respond({
      status: 500,
      details: "",
      headers: [],
      body: new Uint8Array(0),
      grpcStatus: -1,
    });
    this.current?.tcp?.control.close("downstream");
    this.current?.tcp?.control.close("upstream");
    return status;
  }

  /** A context is over. */
  delete(context: Context): void {
    context.alive = false;
    this.contexts.delete(context.id);
    this.onDeleted?.(context);
  }

  /**
   * The status for a call that cannot be done for a reason other than memory. Rust's SDK panics on anything but 0 from
   * these calls (ABI.md §1.11), so a 0.2 module hears 0 and the reason goes to the log; a 0.1.0 module, which is never
   * one of Rust's, hears `status`.
   */
  refuse(call: string, status: Status, reason: string): Status {
    this.host.log(LogLevel.warn, `${call} did nothing: ${reason}`);
    return this.abiVersion === "0.1.0" ? status : Status.ok;
  }
}
