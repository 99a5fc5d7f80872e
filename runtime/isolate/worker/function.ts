/** One function in this isolate: its instances, and a request's way through one of them. */
import { type GuestResponse, LogLevel } from "../../../abi/host.ts";
import {
  runCommand,
  type SharedServices,
  sharedServices,
  SharedStore,
} from "../../../abi/mod.ts";
import { errorAnswer, failureAnswer } from "../../ingress/answers.ts";
import { queryAsBody } from "../../ingress/request.ts";
import type { FunctionSpec, FunctionStats, WireResponse } from "../messages.ts";
import { Patience } from "../patience.ts";
import type { Arrival } from "./arrival.ts";
import { describe } from "./describe.ts";
import { Input, InstanceHost, OutputFlow } from "./guest_host.ts";
import type { Chain } from "./http/serve.ts";
import { UpstreamTerminal } from "./http/upstream_terminal.ts";
import { announce } from "./notices.ts";
import type { InstancePool, Slot } from "./pool.ts";
import { send, upstreams } from "./port.ts";
import type { TcpChain } from "./tcp/serve.ts";
import type { FunctionVm } from "./vm.ts";

export class LocalFunction {
  readonly spec: FunctionSpec;
  readonly input: Input;
  readonly flow: OutputFlow;
  id: string;
  readonly #fn: number;
  readonly #module: WebAssembly.Module;
  readonly #vm: FunctionVm;
  /** The way of a request that comes to this function alone. */
  readonly chain: Chain;
  /** Where our own lines about what it answers go. */
  readonly ours = {
    log: (level: LogLevel, message: string) =>
      this.flow.log(level, message, true),
  };
  readonly #answers = new Map<number, number>();
  /** Shared data, queues and metrics of the pod. */
  readonly shared: SharedStore;
  /** That of its VM id. Opened once: a function that has been stopped must not make a new one. */
  #space: ReturnType<SharedStore["open"]> | undefined;
  #milliseconds = 0;
  /** Bounds requests that found an instance at once. */
  readonly #patience: Patience;

  /** `shared` is the pod's store. */
  constructor(
    fn: number,
    module: WebAssembly.Module,
    spec: FunctionSpec,
    shared: SharedArrayBuffer,
    vm: FunctionVm,
  ) {
    this.#fn = fn;
    this.shared = SharedStore.at(shared);
    this.#module = module;
    this.#vm = vm;
    this.spec = spec;
    this.#patience = new Patience(spec.requestTimeout);
    this.id = spec.id;
    this.flow = new OutputFlow(fn, spec.kind === "command");
    this.input = new Input(
      spec.stdin,
      (bytes) => send({ t: "inputTaken", fn, bytes }),
    );
    this.chain = { functions: [this], terminal: this.#terminal() };
  }

  get pool(): InstancePool {
    return this.#vm.pool;
  }

  /** What is behind it, where it is a filter. */
  #terminal(): Chain["terminal"] {
    const { reach, requestTimeout } = this.spec;
    const { upstream } = reach;
    if (upstream?.kind !== "http") return undefined;
    return (events) =>
      new UpstreamTerminal(
        (heard) =>
          upstreams.http(this.#fn, upstream.name, requestTimeout, heard),
        events,
      );
  }

  /** Its TCP connections' way, where it stands before a TCP service. */
  get tcpChain(): TcpChain | undefined {
    const { upstream } = this.spec.reach;
    if (upstream?.kind !== "tcp") return undefined;
    return {
      functions: [this],
      connect: (events) => upstreams.tcp(this.#fn, upstream.name, events),
      limit: this.spec.bodyLimit,
    };
  }

  /** Makes the first instances, which tells the function's id. @throws what the guest or its start-up failed with. */
  async load(): Promise<void> {
    if (this.spec.kind === "command") return;
    await this.#vm.join(this);
  }

  /** What the module says its id is, if it says one. */
  named(id: string | undefined): void {
    if (id) this.id = id;
  }

  /** Runs a command to its end and reports how it ended. */
  async run(): Promise<void> {
    const { args, env, entry } = this.spec;
    const host = this.newHost();
    try {
      const status = await runCommand(this.#module, host, {
        args,
        env,
        entry: entry || undefined,
      });
      this.#exited(status, "");
    } catch (error) {
      this.flow.log(4, describe(error), true);
      this.#exited(137, describe(error));
    }
  }

  resize(instances: number): Promise<void> {
    return this.pool.resize(instances);
  }

  /** Lets go of all instances; requests under way still get their answers. Resolves when its plugins have ended. */
  stop(): Promise<void> {
    return this.#vm.leave(this);
  }

  stats(): FunctionStats {
    const { size: instances, suspended, memory } = this.pool;
    return {
      answers: [...this.#answers],
      milliseconds: this.#milliseconds,
      instances,
      suspended,
      memory,
    };
  }

  /** Answers a request in Layotto's sequence; at once unless something has to be waited for. Never throws. */
  answer(arrival: Arrival): WireResponse | Promise<WireResponse> {
    const started = performance.now();
    const slot = this.pool.take();
    if (!slot) return this.#answerLater(arrival, started);
    const outcome = this.#enter(slot, arrival);
    if (outcome instanceof Promise) {
      return this.#finish(this.#patience.wait(outcome), started);
    }
    return this.#counted(outcome, started);
  }

  /** The answer to a request whose body is over the limit. */
  tooLarge(): WireResponse {
    return this.#counted(
      this.#problem(
        413,
        `the request body is over the limit of ${this.spec.bodyLimit} bytes`,
      ),
      performance.now(),
    );
  }

  /** The answer where no instance could be had since `started`. */
  nobody(started: number): WireResponse {
    const waited = performance.now() - started;
    const problem = waited < this.spec.requestTimeout - 1
      ? this.#problem(503, "no instance could be started")
      : this.#problem(
        504,
        `no instance became free within ${this.spec.requestTimeout} ms`,
      );
    return this.#counted(problem, started);
  }

  /** Counts an answer that was begun at `started`. */
  count(status: number, started: number): void {
    this.#milliseconds += performance.now() - started;
    this.#answers.set(status, (this.#answers.get(status) ?? 0) + 1);
  }

  /** A warning of ours on the function's log. */
  warn(message: string): void {
    this.flow.log(3, message, true);
  }

  async #answerLater(arrival: Arrival, started: number): Promise<WireResponse> {
    if (this.spec.kind === "command") {
      return this.#counted(
        this.#problem(503, "it is a command and answers no requests"),
        started,
      );
    }
    let slot = await this.pool.wait(this.spec.requestTimeout);
    // Another may have been faster; an instance in this sequence is entered by one request at a time.
    while (slot?.instance.busy) {
      slot = await this.pool.wait(this.#left(started));
    }
    if (!slot) return this.nobody(started);
    const outcome = this.#enter(slot, arrival);
    if (outcome instanceof Promise) {
      return this.#finish(limited(outcome, this.#left(started)), started);
    }
    return this.#counted(outcome, started);
  }

  #left(started: number): number {
    const waited = performance.now() - started;
    return Math.max(1, this.spec.requestTimeout - waited);
  }

  /** One request through one instance; failures become answers. */
  #enter(slot: Slot, arrival: Arrival): WireResponse | Promise<WireResponse> {
    if (!arrival.bodyIsReal) arrival.body = queryAsBody(arrival.path);
    try {
      const outcome = slot.instance.handleLayotto(arrival);
      return outcome instanceof Promise
        ? outcome.catch((error) => this.#failed(error))
        : outcome;
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** Answers when a suspended guest has, or its time is over; an instance that comes back later serves again then. */
  async #finish(
    outcome: Promise<GuestResponse | undefined>,
    started: number,
  ): Promise<WireResponse> {
    const problem = () =>
      this.#problem(504, `no answer within ${this.spec.requestTimeout} ms`);
    return this.#counted(await outcome ?? problem(), started);
  }

  #failed(error: unknown): WireResponse {
    return failureAnswer(`function ${this.id}: ${(error as Error).message}`);
  }

  #problem(status: number, why: string): WireResponse {
    this.warn(`request answered ${status}: ${why}`);
    return errorAnswer(status, `function ${this.id}: ${why}`);
  }

  #counted(answer: WireResponse, started: number): WireResponse {
    this.count(answer.status, started);
    return answer;
  }

  /** What an instance shares with all others of its VM id; `number` is the instance's. @throws {Error} the store is full. */
  share(number: number): SharedServices {
    this.#space ??= this.shared.open(this.spec.plugin.vmId);
    return sharedServices(this.#space, this.#fn, number, announce);
  }

  /** Where calls between guest and host are told: the log, if its level is debug or less. */
  get trace(): ((line: string) => void) | undefined {
    if (this.spec.logLevel > LogLevel.debug) return undefined;
    return (line) => this.flow.log(LogLevel.debug, line, true);
  }

  /** The world for one more instance. */
  newHost(): InstanceHost {
    const id = () => this.id;
    return new InstanceHost(this.#fn, this.spec, this.flow, this.input, id);
  }

  #exited(status: number, reason: string): void {
    send({ t: "exited", fn: this.#fn, status, reason });
  }
}

/**
 * What `promise` resolves with, or undefined after so many milliseconds. Not `within` of `proto/after.ts`: what that
 * cancels is remembered until its time would have come, and these come by the thousand.
 */
async function limited<T>(
  promise: Promise<T>,
  milliseconds: number,
): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) =>
    timer = setTimeout(() => resolve(undefined), milliseconds)
  );
  const value = await Promise.race([promise, late]);
  clearTimeout(timer);
  return value;
}
