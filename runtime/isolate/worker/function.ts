/** One function in this isolate: its instances, and a request's way through one of them. */
import { GuestTrap } from "../../../abi/host.ts";
import type { GuestResponse } from "../../../abi/host.ts";
import {
  createSharedServices,
  inspectModule,
  PluginInstance,
  runCommand,
} from "../../../abi/mod.ts";
import { errorAnswer } from "../../ingress/answers.ts";
import { queryAsBody } from "../../ingress/request.ts";
import type { FunctionSpec, FunctionStats, WireResponse } from "../messages.ts";
import type { Arrival } from "./arrival.ts";
import { Input, InstanceHost, OutputFlow } from "./guest_host.ts";
import { InstancePool, type Slot } from "./pool.ts";
import { send } from "./port.ts";

export class LocalFunction {
  readonly spec: FunctionSpec;
  readonly input: Input;
  readonly flow: OutputFlow;
  id: string;
  readonly #fn: number;
  readonly #module: WebAssembly.Module;
  readonly #pool: InstancePool;
  readonly #takesQuery: boolean;
  readonly #answers = new Map<number, number>();
  /** Shared data, queues and metrics, common to the function's instances. */
  readonly #shared = createSharedServices();
  #milliseconds = 0;
  #stopped = false;

  constructor(fn: number, module: WebAssembly.Module, spec: FunctionSpec) {
    this.#fn = fn;
    this.#module = module;
    this.spec = spec;
    this.id = spec.id;
    this.flow = new OutputFlow(fn, spec.kind === "command");
    this.input = new Input(spec.stdin);
    this.#takesQuery = spec.kind === "plugin" &&
      inspectModule(module).exportsGetId;
    this.#pool = new InstancePool(
      () => this.#createInstance(),
      spec.maxInstances,
    );
  }

  /** Makes the first instances, which tells the function's id. @throws what the guest or its start-up failed with. */
  async load(): Promise<void> {
    if (this.spec.kind === "command") return;
    await this.#pool.fill(this.spec.instances);
  }

  /** Runs a command to its end and reports how it ended. */
  async run(): Promise<void> {
    const { args, env, entry } = this.spec;
    const host = this.#newHost();
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
    return this.#pool.resize(instances);
  }

  /** Lets go of all instances; requests under way still get their answers. */
  stop(): void {
    this.#stopped = true;
    this.#pool.close();
  }

  stats(): FunctionStats {
    const { size: instances, suspended, memory } = this.#pool;
    return {
      answers: [...this.#answers],
      milliseconds: this.#milliseconds,
      instances,
      suspended,
      memory,
    };
  }

  /** Answers a request; at once unless something has to be waited for. Never throws. */
  answer(arrival: Arrival): WireResponse | Promise<WireResponse> {
    const started = performance.now();
    const slot = this.#pool.take();
    if (!slot) return this.#answerLater(arrival, started);
    const outcome = this.#enter(slot, arrival);
    if (outcome instanceof Promise) {
      return this.#finish(slot, outcome, started, this.spec.requestTimeout);
    }
    this.#pool.give(slot);
    return this.#count(outcome, started);
  }

  /** The answer to a request whose body is over the limit. */
  tooLarge(): WireResponse {
    return this.#count(
      this.#problem(
        413,
        `the request body is over the limit of ${this.spec.bodyLimit} bytes`,
      ),
      performance.now(),
    );
  }

  async #answerLater(arrival: Arrival, started: number): Promise<WireResponse> {
    if (this.spec.kind === "command") {
      return this.#count(
        this.#problem(503, "it is a command and answers no requests"),
        started,
      );
    }
    const slot = this.#stopped
      ? undefined
      : await this.#pool.wait(this.spec.requestTimeout);
    const left = this.spec.requestTimeout - (performance.now() - started);
    if (!slot) {
      const problem = left > 1
        ? this.#problem(503, "no instance could be started")
        : this.#problem(
          504,
          `no instance became free within ${this.spec.requestTimeout} ms`,
        );
      return this.#count(problem, started);
    }
    const outcome = this.#enter(slot, arrival);
    if (outcome instanceof Promise) {
      return this.#finish(slot, outcome, started, left);
    }
    this.#pool.give(slot);
    return this.#count(outcome, started);
  }

  /** One request through one instance; failures become answers. */
  #enter(slot: Slot, arrival: Arrival): WireResponse | Promise<WireResponse> {
    slot.host.chain = arrival.chain.length === 0
      ? [this.id]
      : [...arrival.chain, this.id];
    if (!arrival.bodyIsReal && this.#takesQuery) {
      arrival.body = queryAsBody(arrival.path);
    }
    try {
      const outcome = slot.instance.handleHttp(arrival);
      return outcome instanceof Promise
        ? outcome.catch((error) => this.#failed(error))
        : outcome;
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** Waits for a suspended guest, but not for ever; an instance that comes back later is given back then. */
  async #finish(
    slot: Slot,
    outcome: Promise<GuestResponse>,
    started: number,
    milliseconds: number,
  ): Promise<WireResponse> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) =>
      timer = setTimeout(() => resolve(undefined), milliseconds)
    );
    const given = outcome.finally(() => this.#pool.give(slot));
    const answer = await Promise.race([given, late]);
    clearTimeout(timer);
    const problem = () =>
      this.#problem(504, `no answer within ${this.spec.requestTimeout} ms`);
    return this.#count(answer ?? problem(), started);
  }

  #failed(error: unknown): WireResponse {
    this.flow.log(4, describe(error), true);
    return errorAnswer(500, `function ${this.id}: ${(error as Error).message}`);
  }

  #problem(status: number, why: string): WireResponse {
    this.flow.log(3, `request answered ${status}: ${why}`, true);
    return errorAnswer(status, `function ${this.id}: ${why}`);
  }

  #count(answer: WireResponse, started: number): WireResponse {
    this.#milliseconds += performance.now() - started;
    this.#answers.set(
      answer.status,
      (this.#answers.get(answer.status) ?? 0) + 1,
    );
    return answer;
  }

  async #createInstance(): Promise<Slot> {
    const host = this.#newHost();
    let memory: WebAssembly.Memory | undefined;
    try {
      const instance = await PluginInstance.create(
        this.#module,
        host,
        this.spec.plugin,
        {
          shared: this.#shared,
          onInstantiated: ({ exports }) =>
            memory = exports.memory as WebAssembly.Memory,
        },
      );
      if (instance.functionId) this.id = instance.functionId;
      return { instance, host, memory };
    } catch (error) {
      this.flow.log(
        4,
        `an instance could not be started: ${describe(error)}`,
        true,
      );
      throw error;
    }
  }

  #newHost(): InstanceHost {
    return new InstanceHost(this.#fn, this.spec, this.flow, this.input);
  }

  #exited(status: number, reason: string): void {
    send({ t: "exited", fn: this.#fn, status, reason });
  }
}

/** A failure on one log line, with the guest's stack where there is one. */
export function describe(error: unknown): string {
  if (!(error instanceof GuestTrap)) return (error as Error).message;
  return `${error.callback}: ${error.message}; wasm stack: ${
    error.wasmStack.replaceAll("\n", " < ")
  }`;
}
