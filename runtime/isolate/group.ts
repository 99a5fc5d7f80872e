/**
 * The isolates of one function as one: mostly a single one, several where it asks for more cores. Each holds instances of
 * its own and accepts connections of its own on the pod's port.
 */
import type { Isolate } from "./isolate.ts";
import type { ListenerSpec } from "./listener_spec.ts";
import type { OnLeft } from "../ingress/incoming.ts";
import type {
  FunctionSpec,
  FunctionStats,
  QueueNotice,
  WireRequest,
  WireResponse,
} from "./messages.ts";

export class IsolateGroup {
  readonly #members: readonly Isolate[];
  /** The functions placed here. */
  readonly functions = new Set<number>();
  /** Whether the pod's listener lives here, so that this group stays as long as the pod serves. */
  listens = false;
  #turn = 0;

  /** At least one member. */
  constructor(members: readonly Isolate[]) {
    this.#members = members;
  }

  get size(): number {
    return this.#members.length;
  }

  get members(): readonly Isolate[] {
    return this.#members;
  }

  /** @returns the function's id. @throws {Error} with the guest's or our reason when it cannot be loaded. */
  async load(
    fn: number,
    module: WebAssembly.Module,
    spec: FunctionSpec,
    shared: SharedArrayBuffer,
  ): Promise<string> {
    this.functions.add(fn);
    try {
      const loaded = this.#members.map((member) =>
        member.load(fn, module, spec, shared)
      );
      const [id] = await Promise.all(loaded);
      return id!;
    } catch (error) {
      this.functions.delete(fn);
      throw error;
    }
  }

  /** Runs a command, which has one isolate. */
  run(fn: number): void {
    this.#members[0]!.run(fn);
  }

  /** Resolves when the function's plugins have ended in all members. */
  async unload(fn: number): Promise<void> {
    this.functions.delete(fn);
    await Promise.all(this.#members.map((member) => member.unload(fn)));
  }

  /** Resolves when all members have so many instances of it, or cannot. */
  async resize(fn: number, instances: number): Promise<void> {
    await Promise.all(
      this.#members.map((member) => member.resize(fn, instances)),
    );
  }

  /** `tcp` is the function that takes plain connections; without it HTTP is served. @returns the port. */
  async listen(hostname: string, port: number, tcp?: number): Promise<number> {
    this.listens = true;
    const shared = this.size > 1;
    const ports = await Promise.all(
      this.#members.map((member) =>
        member.listen({ hostname, port, shared, tcp })
      ),
    );
    return ports[0]!;
  }

  /** Opens a listener for a chain of functions that live here. @returns the port. @throws {Error} the address is taken. */
  async serve(listener: ListenerSpec): Promise<number> {
    this.listens = true;
    const spec = { ...listener, shared: this.size > 1 };
    const ports = await Promise.all(
      this.#members.map((member) => member.serve(spec)),
    );
    return ports[0]!;
  }

  /** Says which function takes requests without an id, undefined for none. */
  alone(fn: number | undefined): void {
    for (const member of this.#members) member.alone(fn);
  }

  /** Each member in turn. */
  request(
    fn: number,
    request: WireRequest,
    onLeft?: OnLeft,
  ): Promise<WireResponse | undefined> {
    this.#turn = (this.#turn + 1) % this.size;
    return this.#members[this.#turn]!.request(fn, request, onLeft);
  }

  /** Tells the instance that registered a queue, in whichever member it lives. */
  queueReady(notice: QueueNotice): void {
    for (const member of this.#members) member.queueReady(notice);
  }

  async stats(fn: number): Promise<FunctionStats | undefined> {
    const all = await Promise.all(
      this.#members.map((member) => member.stats(fn)),
    );
    return all.reduce((sum, one) => sum && one ? added(sum, one) : sum ?? one);
  }

  /** Resolves when the loops of all members turn. */
  async ping(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.ping()));
  }

  /** Stdin of a command. */
  input(fn: number, bytes: Uint8Array | undefined): void {
    this.#members[0]!.input(fn, bytes);
  }

  terminate(): void {
    for (const member of this.#members) member.terminate();
  }
}

function added(a: FunctionStats, b: FunctionStats): FunctionStats {
  const answers = new Map(a.answers);
  for (const [status, count] of b.answers) {
    answers.set(status, (answers.get(status) ?? 0) + count);
  }
  return {
    answers: [...answers],
    milliseconds: a.milliseconds + b.milliseconds,
    instances: a.instances + b.instances,
    suspended: a.suspended + b.suspended,
    memory: a.memory + b.memory,
  };
}
