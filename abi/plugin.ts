/** One instance of a proxy-wasm module: its start, its requests, its end. */
import {
  type GuestHost,
  type GuestRequest,
  type GuestResponse,
  type GuestTrap,
  type PluginOptions,
} from "./host.ts";
import { importsFor } from "./link.ts";
import { inspected, type ModuleInfo, UnknownImportError } from "./module.ts";
import {
  type Callbacks,
  callbacksOf,
  exported,
} from "./proxywasm/callbacks.ts";
import { RootContext } from "./proxywasm/contexts.ts";
import { envoyExchange, layottoExchange } from "./proxywasm/exchange.ts";
import { createSharedServices } from "./proxywasm/shared/mod.ts";
import { type Sequence, startSequence } from "./proxywasm/sequence.ts";
import { type PluginHooks, Vm } from "./proxywasm/vm.ts";
import type { Allocator } from "./memory.ts";
import { decodeText } from "./text.ts";
import { guestTrap } from "./trap.ts";

/** A plugin that could not be started for a reason other than a trap. */
export class PluginStartError extends Error {
  override name = "PluginStartError";
}

/**
 * An instance serves one exchange at a time: while `busy`, nothing but its own allocator enters it. Once `failed`, it
 * must be thrown away.
 */
export class PluginInstance {
  readonly #vm: Vm;
  readonly #info: ModuleInfo;
  readonly #callbacks: Callbacks;
  readonly #root: RootContext;
  #functionId: string | undefined;
  #busy = false;
  #failed = false;
  #lastId: number;

  /**
   * Instantiates `module` and starts it (ABI.md §2.3, and §5.3 for modules that export `proxy_get_id`).
   * @throws {UnknownImportError} it imports what nobody provides.
   * @throws {PluginStartError} it has no memory or marker, or its `proxy_on_vm_start` or `proxy_on_configure` answered
   * 0 (which Layotto functions may).
   * @throws {GuestTrap} it failed on the way.
   */
  static async create(
    module: WebAssembly.Module,
    host: GuestHost,
    options: PluginOptions,
    hooks: PluginHooks = {},
  ): Promise<PluginInstance> {
    const { info, links, missing } = inspected(module);
    if (missing.length > 0) throw new UnknownImportError(missing);
    if (info.abiVersion === undefined) {
      throw new PluginStartError(
        "the module is no proxy-wasm plugin: expected an export proxy_abi_version_0_1_0, _0_2_0 or _0_2_1",
      );
    }
    const vm = new Vm(
      host,
      options,
      info.abiVersion,
      hooks,
      hooks.shared ?? createSharedServices(),
    );
    const exports = instantiate(module, vm, importsFor(links, vm));
    const plugin = new PluginInstance(vm, info, exports);
    await plugin.#start(exports);
    return plugin;
  }

  private constructor(vm: Vm, info: ModuleInfo, exports: WebAssembly.Exports) {
    this.#vm = vm;
    this.#info = info;
    this.#callbacks = callbacksOf(exports, info.suspends);
    this.#root = new RootContext(1);
    this.#lastId = this.#root.id;
  }

  /** What the module's `proxy_get_id` said; undefined if it has none or wrote nothing. */
  get functionId(): string | undefined {
    return this.#functionId;
  }

  /** A callback is running or suspended: use another instance. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The guest trapped or exited: every later call throws. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Milliseconds between calls of `tick` that the guest asked for; 0 is none. */
  get tickPeriod(): number {
    return this.#root.tickPeriod;
  }

  /**
   * One exchange. Gives the answer at once if the module imports nothing that may suspend, else a promise.
   * @throws {GuestTrap} the guest failed; the instance with it.
   */
  handleHttp(request: GuestRequest): GuestResponse | Promise<GuestResponse> {
    const id = this.#nextId();
    return this.#run(
      this.#info.exportsGetId
        ? layottoExchange(this.#vm, this.#callbacks, this.#root, id, request)
        : envoyExchange(this.#vm, this.#callbacks, this.#root, id, request),
    );
  }

  /** `proxy_on_tick`. */
  tick(): void | Promise<void> {
    return this.#run(this.#rootCallback("proxy_on_tick"));
  }

  /** `proxy_on_queue_ready` for an item in `queue`. */
  queueReady(queue: number): void | Promise<void> {
    return this.#run(this.#rootCallback("proxy_on_queue_ready", queue));
  }

  /**
   * Ends the root context: `proxy_on_done`, then `proxy_on_delete`. False if the guest wants to go on until it calls
   * `proxy_done` in a later callback, which then deletes the context.
   */
  close(): boolean | Promise<boolean> {
    return this.#run(this.#closing());
  }

  *#rootCallback(
    name: "proxy_on_tick" | "proxy_on_queue_ready",
    argument = 0,
  ): Sequence<void> {
    const root = this.#root;
    this.#vm.enter(name, root);
    const callback = this.#callbacks[name];
    if (callback !== undefined) yield callback(root.id, argument);
    yield* this.#deleteIfDone();
  }

  *#closing(): Sequence<boolean> {
    const root = this.#root;
    if (!this.#vm.contexts.has(root.id)) return true;
    const { proxy_on_done } = this.#callbacks;
    this.#vm.enter("proxy_on_done", root);
    // Set before the call, so that `proxy_done` inside it is heard.
    root.pendingDone = root.closing = true;
    if (proxy_on_done === undefined || (yield proxy_on_done(root.id)) !== 0) {
      root.pendingDone = false;
    }
    return yield* this.#deleteIfDone();
  }

  *#deleteIfDone(): Sequence<boolean> {
    const root = this.#root;
    if (!root.closing || root.pendingDone) return false;
    if (!this.#vm.contexts.has(root.id)) return true;
    this.#vm.enter("proxy_on_delete", root);
    const { proxy_on_delete } = this.#callbacks;
    if (proxy_on_delete !== undefined) yield proxy_on_delete(root.id);
    this.#vm.contexts.delete(root.id);
    return true;
  }

  async #start(exports: WebAssembly.Exports): Promise<void> {
    const start = (name: string, ...arities: number[]) =>
      exported(exports, name, arities, this.#info.suspends);
    this.#busy = false;
    await this.#run(startSequence(this.#vm, {
      initialize: start("_initialize", 0),
      main: start("main", 2),
      mainVoid: start("__main_void", 0),
      start: start("_start", 0),
    }));
    if (this.#info.exportsGetId) await this.#run(this.#askId());
    await this.#run(this.#startRoot());
  }

  /** Before any context exists (ABI.md §5.2). Call data is cleared, so that silence is not taken for an id. */
  *#askId(): Sequence<void> {
    const vm = this.#vm;
    vm.callData.replace(new Uint8Array(0));
    vm.enter("proxy_get_id", undefined);
    const { proxy_get_id } = this.#callbacks;
    if (proxy_get_id !== undefined) yield proxy_get_id();
    const bytes = vm.callData.view();
    const id = decodeText(bytes, 0, bytes.length);
    this.#functionId = id === "" ? undefined : id;
  }

  *#startRoot(): Sequence<void> {
    const vm = this.#vm;
    const root = this.#root;
    const { options } = vm;
    const callbacks = this.#callbacks;
    vm.contexts.set(root.id, root);
    vm.enter("proxy_on_context_create", root);
    if (callbacks.proxy_on_context_create !== undefined) {
      yield callbacks.proxy_on_context_create(root.id, 0);
    }
    for (
      const [name, configuration] of [
        ["proxy_on_vm_start", options.vmConfiguration],
        ["proxy_on_configure", options.pluginConfiguration],
      ] as const
    ) {
      const callback = callbacks[name];
      if (callback === undefined) continue;
      vm.enter(name, root);
      const answer = yield callback(root.id, configuration.length);
      if (answer === 0 && !this.#info.exportsGetId) {
        throw new PluginStartError(
          `${name} answered 0: the plugin refused its configuration of ${configuration.length} bytes (root id ${
            JSON.stringify(options.rootId)
          })`,
        );
      }
    }
  }

  #run<T>(sequence: Sequence<T>): T | Promise<T> {
    if (this.#failed) {
      throw new Error(
        "the instance has failed and cannot be entered; make a new one",
      );
    }
    if (this.#busy) {
      throw new Error("the instance is busy with a callback; take another one");
    }
    this.#busy = true;
    return this.#info.suspends
      ? this.#runSuspended(sequence)
      : this.#runAtOnce(sequence);
  }

  #runAtOnce<T>(sequence: Sequence<T>): T {
    try {
      let step = sequence.next(0);
      while (!step.done) step = sequence.next(step.value as number);
      return step.value;
    } catch (error) {
      throw this.#failure(error);
    } finally {
      this.#busy = false;
    }
  }

  async #runSuspended<T>(sequence: Sequence<T>): Promise<T> {
    try {
      let step = sequence.next(0);
      while (!step.done) {
        let answer: number;
        try {
          answer = await step.value as number;
        } catch (error) {
          // Where a plain call would have thrown: inside the sequence.
          step = sequence.throw(error);
          continue;
        }
        step = sequence.next(answer);
      }
      return step.value;
    } catch (error) {
      throw this.#failure(error);
    } finally {
      this.#busy = false;
    }
  }

  #failure(error: unknown): GuestTrap | PluginStartError {
    this.#failed = true;
    return error instanceof PluginStartError
      ? error
      : guestTrap(this.#vm.callback, error);
  }

  #nextId(): number {
    do {
      this.#lastId = this.#lastId === 0xffffffff ? 1 : this.#lastId + 1;
    } while (this.#vm.contexts.has(this.#lastId));
    return this.#lastId;
  }
}

function instantiate(
  module: WebAssembly.Module,
  vm: Vm,
  imports: WebAssembly.Imports,
): WebAssembly.Exports {
  vm.callback = "the start section";
  let instance: WebAssembly.Instance;
  try {
    instance = new WebAssembly.Instance(module, imports);
  } catch (error) {
    // A link error is ours to explain, and no trap.
    if (error instanceof WebAssembly.LinkError) throw error;
    throw guestTrap(vm.callback, error);
  }
  const { exports } = instance;
  if (!(exports.memory instanceof WebAssembly.Memory)) {
    throw new PluginStartError(
      "the module exports no memory: expected a memory named memory",
    );
  }
  const allocator = exported(exports, "malloc", [1], false) ??
    exported(exports, "proxy_on_memory_allocate", [1], false);
  vm.memory.attach(exports.memory, allocator as Allocator | undefined);
  vm.hooks.onInstantiated?.(instance);
  return exports;
}
