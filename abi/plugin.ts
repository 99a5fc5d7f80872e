/** One instance of a proxy-wasm module: its start, its plugins, its exchanges and connections, its end. */
import {
  type Facts,
  type GuestHost,
  type GuestRequest,
  type GuestResponse,
  type GuestTrap,
  type PluginOptions,
} from "./host.ts";
import { instantiatePlugin } from "./instantiate.ts";
import { importsFor } from "./link.ts";
import { inspected, type ModuleInfo, UnknownImportError } from "./module.ts";
import {
  type Callbacks,
  callbacksOf,
  exported,
} from "./proxywasm/callbacks.ts";
import { RootContext } from "./proxywasm/contexts.ts";
import { RootEnds } from "./proxywasm/root_end.ts";
import { layottoExchange } from "./proxywasm/exchange.ts";
import {
  HttpStream,
  type HttpStreamOptions,
  type HttpStreamOwner,
} from "./proxywasm/http_stream.ts";
import { LoneExchange } from "./proxywasm/lone_exchange.ts";
import { createSharedServices } from "./proxywasm/shared/mod.ts";
import { type Sequence, startSequence } from "./proxywasm/sequence.ts";
import { TcpStream, type TcpStreamOwner } from "./proxywasm/tcp_stream.ts";
import { type PluginHooks, Vm } from "./proxywasm/vm.ts";
import { PluginStartError } from "./start_error.ts";
import { decodeText } from "./text.ts";
import { Tracer } from "./trace.ts";

/**
 * An instance runs one callback at a time: what comes while one runs or is suspended waits. Once `failed`, it must be
 * thrown away.
 */
export class PluginInstance {
  readonly #vm: Vm;
  readonly #info: ModuleInfo;
  readonly #callbacks: Callbacks;
  readonly #ends: RootEnds;
  readonly #roots: RootContext[] = [];
  #functionId: string | undefined;

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
    const { capabilities } = options;
    const tracer = hooks.trace && new Tracer(vm.memory, hooks.trace);
    const imports = importsFor(links, vm, capabilities, tracer);
    const exports = instantiatePlugin(module, vm, imports);
    const { suspends } = info;
    const callbacks = callbacksOf(exports, suspends, capabilities, tracer);
    const plugin = new PluginInstance(vm, info, callbacks);
    await plugin.#start(exports);
    await plugin.addRoot(host, options);
    return plugin;
  }

  private constructor(vm: Vm, info: ModuleInfo, callbacks: Callbacks) {
    this.#vm = vm;
    this.#info = info;
    this.#callbacks = callbacks;
    const ends = this.#ends = new RootEnds(vm, callbacks);
    vm.calls.attach(callbacks, (root) => ends.deleteIfDone(root));
  }

  /** The first plugin's root. */
  get root(): RootContext {
    return this.#roots[0]!;
  }

  /** What the module's `proxy_get_id` said; undefined if it has none or wrote nothing. */
  get functionId(): string | undefined {
    return this.#functionId;
  }

  /** A callback is running or suspended: use another instance, if there is one. */
  get busy(): boolean {
    return this.#vm.queue.running;
  }

  /** The guest trapped or exited: every later call throws. */
  get failed(): boolean {
    return this.#vm.queue.failure !== undefined;
  }

  /** Milliseconds between calls of `tick` that the guest asked for; 0 is none. */
  get tickPeriod(): number {
    return this.#roots[0]!.tickPeriod;
  }

  /**
   * Starts one more plugin in this instance (several of one `vm_id`): `proxy_on_context_create`, `proxy_on_vm_start`,
   * `proxy_on_configure`. @returns its root, by which exchanges name it.
   * @throws {PluginStartError | GuestTrap} as `create`.
   */
  async addRoot(host: GuestHost, options: PluginOptions): Promise<RootContext> {
    const root = new RootContext(this.#vm.nextId(), options, host);
    this.#vm.contexts.set(root.id, root);
    this.#roots.push(root);
    await this.#run(this.#startRoot(root));
    return root;
  }

  /** Opens an exchange on `root` (the first, unless given), whose owner links it with its neighbours. */
  openHttp(
    request: GuestRequest,
    owner: HttpStreamOwner,
    options: HttpStreamOptions,
    root: RootContext = this.#roots[0]!,
  ): HttpStream {
    return new HttpStream(
      this.#vm,
      this.#callbacks,
      root,
      request,
      owner,
      options,
    );
  }

  /** Opens a TCP connection on `root`. `limit`: bytes each of its sides may hold before its source has to wait. */
  openTcp(
    owner: TcpStreamOwner,
    limit: number,
    root: RootContext = this.#roots[0]!,
    facts?: Facts,
  ): TcpStream {
    return new TcpStream(this.#vm, this.#callbacks, root, owner, limit, facts);
  }

  /**
   * One exchange that the plugin answers by itself, in Layotto's sequence if the module exports `proxy_get_id`. Gives
   * the answer at once if the module imports nothing that may suspend and does not pause, else a promise.
   * @throws {GuestTrap} the guest failed; the instance with it.
   */
  handleHttp(request: GuestRequest): GuestResponse | Promise<GuestResponse> {
    if (this.#info.exportsGetId) return this.handleLayotto(request);
    this.#checkUsable();
    let outcome: GuestResponse | Error | undefined;
    let settle = (result: GuestResponse | Error) => {
      outcome = result;
    };
    const exchange = new LoneExchange(this.#vm, (result) => settle(result));
    const stream = this.openHttp(request, exchange, {
      limit: this.#vm.maxBodyBytes,
      answers: true,
    });
    exchange.start(stream, request);
    if (outcome instanceof Error) throw outcome;
    if (outcome !== undefined) return outcome;
    return new Promise((resolve, reject) => {
      settle = (result) =>
        result instanceof Error ? reject(result) : resolve(result);
    });
  }

  /** One exchange in Layotto's sequence (ABI.md §5.4); otherwise as `handleHttp`. The instance must not be busy. */
  handleLayotto(request: GuestRequest): GuestResponse | Promise<GuestResponse> {
    const id = this.#vm.nextId();
    return this.#run(
      layottoExchange(this.#vm, this.#callbacks, this.#roots[0]!, id, request),
    );
  }

  /** Runs `work` once no callback runs: now, or after what runs and waits. Dropped if the instance fails. */
  later(work: () => void): void {
    this.#vm.queue.later(work);
  }

  /** `proxy_on_tick`, now or after the callback that runs. */
  tick(root: number = this.#roots[0]!.id): void {
    this.#rootCallback("proxy_on_tick", root, 0);
  }

  /** `proxy_on_queue_ready` for an item in `queue`, now or after the callback that runs. */
  queueReady(queue: number, root: number = this.#roots[0]!.id): void {
    this.#rootCallback("proxy_on_queue_ready", root, queue);
  }

  /** Ends a plugin in this instance, once its exchanges are over: see `RootEnds.end`. */
  end(root: RootContext = this.#roots[0]!): Promise<void> {
    return this.#ends.end(root);
  }

  #rootCallback(
    name: "proxy_on_tick" | "proxy_on_queue_ready",
    id: number,
    argument: number,
  ): void {
    this.#checkUsable();
    const root = this.#vm.contexts.get(id);
    const callback = this.#callbacks[name];
    if (callback === undefined || !(root instanceof RootContext)) return;
    this.#vm.queue.call(
      name,
      root,
      callback,
      root.id,
      argument,
      0,
      { answered: () => this.#ends.deleteIfDone(root) },
    );
  }

  async #start(exports: WebAssembly.Exports): Promise<void> {
    const start = (name: string, ...arities: number[]) =>
      exported(exports, name, arities, this.#info.suspends);
    await this.#run(startSequence(this.#vm, {
      initialize: start("_initialize", 0),
      main: start("main", 2),
      mainVoid: start("__main_void", 0),
      start: start("_start", 0),
    }));
    if (this.#info.exportsGetId) await this.#run(this.#askId());
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

  *#startRoot(root: RootContext): Sequence<void> {
    const vm = this.#vm;
    const { options } = root;
    const callbacks = this.#callbacks;
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

  #checkUsable(): void {
    if (this.failed) {
      throw new Error(
        "the instance has failed and cannot be entered; make a new one",
      );
    }
  }

  #run<T>(sequence: Sequence<T>): T | Promise<T> {
    this.#vm.queue.begin();
    return this.#info.suspends
      ? this.#runSuspended(sequence)
      : this.#runAtOnce(sequence);
  }

  #runAtOnce<T>(sequence: Sequence<T>): T {
    let value: T;
    try {
      let step = sequence.next(0);
      while (!step.done) step = sequence.next(step.value as number);
      value = step.value;
    } catch (error) {
      throw this.#failure(error);
    }
    this.#vm.queue.leave();
    return value;
  }

  async #runSuspended<T>(sequence: Sequence<T>): Promise<T> {
    let value: T;
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
      value = step.value;
    } catch (error) {
      throw this.#failure(error);
    }
    this.#vm.queue.leave();
    return value;
  }

  #failure(error: unknown): GuestTrap | PluginStartError {
    const trap = this.#vm.queue.fail(error);
    return error instanceof PluginStartError ? error : trap;
  }
}
