/**
 * One pod in this host: its functions, their isolates, the listener they share, the stores they use. A host may hold
 * several; nothing here is global.
 */
import { within } from "../../proto/after.ts";
import type { Level } from "../log.ts";
import { Broker } from "../broker/broker.ts";
import type { StateStores } from "../components/state/stores.ts";
import type { HostFunction } from "../function/function.ts";
import { errorAnswer } from "../ingress/answers.ts";
import type { OnLeft } from "../ingress/incoming.ts";
import type { Listener } from "../ingress/listener.ts";
import { unread, wholeOf } from "../ingress/request.ts";
import { Router } from "../ingress/router.ts";
import type { IsolateGroup } from "../isolate/group.ts";
import type { ListenerSpec } from "../isolate/listener_spec.ts";
import type {
  FunctionStats,
  WireRequest,
  WireResponse,
} from "../isolate/messages.ts";
import { placeFunction } from "../isolate/place.ts";
import { Upstreams } from "../upstream/upstreams.ts";
import { PodShared } from "../shared/pod_shared.ts";
import { checkAlone, checkId, servesTcp } from "./checks.ts";
import { Introductions } from "./introductions.ts";
import { invokeFunction } from "./invoke.ts";
import { isolateEvents } from "./isolate_events.ts";
import type { NewFunction, PodOptions } from "./pod_options.ts";

/** A function that did not come to an end while it was loaded, and perhaps never does. */
export class StuckError extends Error {
  override name = "StuckError";
}

const encoder = new TextEncoder();
/** How long an isolate that is being ended may take to show that no guest loops in it: milliseconds. */
const PATIENCE = 1000;
/** Longer than any start that means well, shorter than kubelet waits for a container: milliseconds. */
const LOAD_TIME = 30_000;

let lastFn = 0;

export class Pod {
  readonly options: PodOptions;
  readonly #functions = new Map<number, HostFunction>();
  /** Those that are being stopped: what they say is still written. */
  readonly #leaving = new Map<number, HostFunction>();
  readonly #router = new Router();
  readonly #broker: Broker;
  readonly #upstreams: Upstreams;
  readonly shared = new PodShared(this.#functions);
  readonly #introductions = new Introductions((id) => this.find(id));
  #listener: Listener | undefined;
  /** The isolates that listen, or will; they stay as long as the pod serves (DESIGN, decision 13). */
  #listening: IsolateGroup | undefined;
  /** Keeps a port that was left to us to choose for the isolates that will share it. */
  #reserved: Deno.Listener | undefined;
  #opening: Promise<number> | undefined;

  constructor(options: PodOptions) {
    this.options = options;
    this.#broker = new Broker(
      options.stores,
      (id, method, param, chain) =>
        invokeFunction(
          (request, id) => this.route(request, id),
          id,
          method,
          param,
          chain,
        ),
    );
    this.#upstreams = new Upstreams(
      options.clusters,
      (fn, name, why) => this.log(fn, "debug", `upstream ${name}: ${why}`),
    );
  }

  get functions(): HostFunction[] {
    return [...this.#functions.values()];
  }

  get stores(): StateStores {
    return this.options.stores;
  }

  /** The function that requests with this id reach. */
  find(id: string): HostFunction | undefined {
    return this.#router.find(id);
  }

  /**
   * Loads a function into its isolate; it takes no requests yet.
   * @throws {Error} the guest's failure, or an id that another function has; {StuckError} a guest that does not return.
   */
  async add(wanted: NewFunction): Promise<HostFunction> {
    const { together } = this.options;
    if (!together) checkAlone(wanted, this.functions, this.options.several);
    const listens = wanted.spec.kind === "plugin" && !this.options.several &&
      !this.#listening && !this.#listener;
    const { isolates } = together ?? wanted.spec;
    const events = isolateEvents({
      options: this.options,
      functions: this.#functions,
      leaving: this.#leaving,
      broker: this.#broker,
      upstreams: this.#upstreams,
      shared: this.shared,
      introductions: this.#introductions,
      route: (...routed) => this.route(...routed),
      log: (fn, level, message) => this.log(fn, level, message),
    });
    const isolate: IsolateGroup = placeFunction(
      {
        isolates,
        addresses: together?.addresses ??
          (listens ? [this.#listenAddress(isolates)] : []),
        vacant: together
          ? this.#listening
          : wanted.spec.kind === "plugin"
          ? this.#vacant()
          : undefined,
      },
      { ...events, broken: (reason) => this.#broken(isolate, reason) },
      this.options.spares,
    );
    if (listens || together) this.#listening = isolate;
    const { key, name, path, spec, roots, ownClusters } = wanted;
    const fn: HostFunction = {
      fn: ++lastFn,
      key,
      name,
      id: spec.id,
      path,
      spec,
      roots,
      ownClusters,
      isolate,
      state: "loading",
    };
    this.#functions.set(fn.fn, fn);
    try {
      fn.id = await this.#load(fn, wanted.module);
      // Functions that live together are reached through their listeners, and not by id.
      if (!together) checkId(fn, this.functions);
    } catch (error) {
      this.#discard(fn);
      throw error;
    }
    fn.state = "created";
    return fn;
  }

  /** Lets a function run: a command begins, a plugin takes requests. @throws {Error} the port cannot be had. */
  async start(fn: HostFunction): Promise<void> {
    fn.state = "running";
    if (fn.spec.kind === "command") return fn.isolate.run(fn.fn);
    if (this.options.together) return;
    // Before anybody listens: the first request may come before we hear that somebody does.
    this.#router.add(fn);
    this.#tellAlone();
    let port: number;
    try {
      port = await this.listen();
    } catch (error) {
      this.#router.remove(fn);
      throw error;
    }
    const { "http-address": address } = this.options.settings;
    this.log(fn, "info", `serving on ${address}:${port}`);
  }

  /** Opens a listener for a chain of functions that live together. @returns the port. @throws {Error} it is taken. */
  serve(listener: ListenerSpec): Promise<number> {
    if (!this.#listening) throw new Error("no function runs here");
    return this.#listening.serve(listener);
  }

  /** Opens the pod's listener once. @returns the port. */
  listen(): Promise<number> {
    if (!this.#opening) {
      this.#opening = this.#open();
      this.#opening.catch(() => this.#opening = undefined);
    }
    return this.#opening;
  }

  /** Ends a function. Requests under way still get their answers where it can give any. */
  async stop(fn: HostFunction): Promise<void> {
    if (!this.#functions.has(fn.fn)) return;
    fn.state = "stopped";
    this.#functions.delete(fn.fn);
    this.#leaving.set(fn.fn, fn);
    this.#router.remove(fn);
    this.#tellAlone();
    this.#broker.forget(fn);
    this.#upstreams.forget(fn);
    const quiet = within(PATIENCE, this.#introductions.forget(fn));
    const turns = within(
      PATIENCE,
      fn.isolate.ping().then(() => true, () => true),
    );
    // Its plugins hear that it is over, and may still say something (`proxy_on_done`).
    const ended = within(
      PATIENCE,
      fn.isolate.unload(fn.fn).catch(() => {}),
    );
    const turned = await turns;
    if (turned) await ended;
    this.#leaving.delete(fn.fn);
    const forgotten = this.shared.forget(fn);
    if (!turned) this.options.wedged(fn);
    else if (!fn.isolate.listens && fn.isolate.functions.size === 0) {
      // What others have asked it directly may still be on its way.
      await quiet;
      fn.isolate.terminate();
      this.#introductions.lost(fn, "it is stopping");
    }
    this.#introductions.drop(fn);
    await forgotten;
  }

  /** Routes a request to the function it names, or answers for it. Never rejects. */
  async route(
    request: WireRequest,
    id: string | undefined,
    onLeft?: OnLeft,
  ): Promise<WireResponse> {
    const target = this.#router.resolve(id);
    if ("status" in target) {
      unread(request);
      this.options.log.warn(
        `request answered ${target.status}: ${target.error}`,
        { function: id },
      );
      return target;
    }
    const { bodyLimit, layotto } = target.spec;
    try {
      // Layotto's sequence begins with the whole of a body.
      const passed = layotto || request.stream === undefined
        ? await wholeOf(request, bodyLimit)
        : request;
      if (passed === undefined) {
        return this.#refuse(
          target,
          413,
          `the request body is over the limit of ${bodyLimit} bytes`,
        );
      }
      const answer = await target.isolate.request(
        target.fn,
        passed,
        onLeft,
      );
      return answer ?? this.#refuse(target, 503, "it is stopping");
    } catch (error) {
      unread(request);
      return this.#refuse(target, 503, (error as Error).message);
    }
  }

  /** Counters of a function; undefined when its isolate does not answer within a second. */
  async stats(fn: HostFunction): Promise<FunctionStats | undefined> {
    return await within(
      1000,
      fn.isolate.stats(fn.fn).catch(() => undefined),
    );
  }

  /** A line of ours about a function, on its own log. */
  log(fn: HostFunction, level: Level, message: string): void {
    const write = (line: string) =>
      this.options.sink.line(fn.key, encoder.encode(line));
    this.options.log.to(write).log(level, message, { function: fn.id });
  }

  async close(): Promise<void> {
    // Requests under way have as long as functions have to end.
    await within(PATIENCE, this.#listener?.close() ?? Promise.resolve());
    await Promise.all(this.functions.map((fn) => this.stop(fn)));
    this.#listening?.terminate();
    this.#upstreams.close();
    await this.options.stores.close();
    // The process may end on this; who does not read what was said last holds it up no longer.
    await within(PATIENCE, this.options.sink.flushed?.() ?? Promise.resolve());
  }

  async #open(): Promise<number> {
    const { "http-address": address, "http-port": port } =
      this.options.settings;
    if (this.#listening) {
      const shared = (this.#reserved?.addr as Deno.NetAddr | undefined)?.port;
      try {
        const tcp = this.functions.find(servesTcp)?.fn;
        return await this.#listening.listen(address, shared ?? port, tcp);
      } finally {
        this.#reserved?.close();
        this.#reserved = undefined;
      }
    }
    // Where a function listens, a host never loads what that takes.
    const { openRouted } = await import("../ingress/handover.ts");
    this.#listener = openRouted(
      address,
      port,
      (...routed) => this.route(...routed),
    );
    return this.#listener.port;
  }

  /** `host:port` of the functions. Isolates that share a port have to know it before they are made. */
  #listenAddress(isolates: number): string {
    const { "http-address": hostname, "http-port": port } =
      this.options.settings;
    if (port !== 0 || isolates === 1) return `${hostname}:${port}`;
    this.#reserved ??= Deno.listen({ hostname, port, reusePort: true });
    return `${hostname}:${(this.#reserved.addr as Deno.NetAddr).port}`;
  }

  /** A function without an id is reached where it is alone; whoever listens answers for it without asking us. */
  #tellAlone(): void {
    const only = this.#router.only;
    this.#listening?.alone(
      only?.isolate === this.#listening ? only.fn : undefined,
    );
  }

  async #load(fn: HostFunction, module: WebAssembly.Module): Promise<string> {
    const id = await within(
      LOAD_TIME,
      fn.isolate.load(fn.fn, module, fn.spec, this.shared.buffer)
        .catch((error) => {
          throw new Error(`${fn.path}: ${error.message}`);
        }),
    );
    if (id !== undefined) return id;
    throw new StuckError(
      `${fn.path}: function ${fn.name} is not ready after ${LOAD_TIME} ms: its start, or a call before the first request ` +
        "(proxy_on_vm_start, proxy_on_configure, proxy_get_id), does not return",
    );
  }

  /** Takes back a function that could not be loaded. */
  #discard(fn: HostFunction): void {
    this.#functions.delete(fn.fn);
    this.#upstreams.forget(fn);
    this.shared.forget(fn);
    if (this.#listening === fn.isolate && !this.#opening) {
      this.#listening = undefined;
    }
    if (this.#listening !== fn.isolate) fn.isolate.terminate();
  }

  #refuse(fn: HostFunction, status: number, why: string): WireResponse {
    this.log(fn, "warn", `request answered ${status}: ${why}`);
    return errorAnswer(status, `function ${fn.id}: ${why}`);
  }

  /** The listening isolates, while no function lives in them: the next one serves straight from them again. */
  #vacant(): IsolateGroup | undefined {
    return this.#listening?.functions.size === 0 ? this.#listening : undefined;
  }

  #broken(isolate: IsolateGroup, reason: string): void {
    this.options.log.error(`an isolate ended: ${reason}`);
    if (this.#listening === isolate) {
      this.#listening = undefined;
      this.#opening = undefined;
    }
    for (const fn of this.functions) {
      if (fn.isolate === isolate && fn.state !== "loading") {
        this.#introductions.lost(fn, reason);
        this.options.exited(fn, 137, reason);
      }
    }
  }
}
