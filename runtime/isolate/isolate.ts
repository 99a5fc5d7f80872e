/** The main isolate's end of one function isolate: a Deno worker with no permission but its listener's. */
import { workerUrl } from "../self.ts";
import { createBudget } from "./budget.ts";
import type { ListenerSpec } from "./listener_spec.ts";
import type { OnLeft } from "../ingress/incoming.ts";
import type {
  Acquaintance,
  FromIsolate,
  FunctionSpec,
  FunctionStats,
  QueueNotice,
  ToIsolate,
  WireRequest,
  WireResponse,
} from "./messages.ts";
import { streamOf } from "./stream_of.ts";
import { StreamPost } from "./stream_post.ts";
import type { StreamMessage } from "./upstream_messages.ts";

/** What an isolate asks of the host, and tells it. */
export interface IsolateEvents {
  /** The answer, or a promise of it. @throws why there is none; a promise rejects with it. */
  call(
    fn: number,
    message: Extract<FromIsolate, { t: "call" }>,
    from: Isolate,
  ): unknown;
  route(
    request: WireRequest,
    id: string | undefined,
    onLeft: OnLeft,
  ): Promise<WireResponse>;
  /** Resolves once the bytes were taken; with WASI's errno, if nothing is taken any more. */
  output(
    fn: number,
    stream: 1 | 2,
    bytes: Uint8Array,
  ): Promise<number | undefined | void>;
  log(message: Extract<FromIsolate, { t: "log" }>): Promise<unknown>;
  exited(fn: number, status: number, reason: string): void;
  /** So many bytes of a function's input were read by its guest. */
  inputTaken(fn: number, bytes: number): void;
  /** A function's stream to the outside; `send` is the way back. */
  stream(message: StreamMessage, send: (message: StreamMessage) => void): void;
  /** Items were put into a queue; the one to tell may live in any isolate. */
  queued(notice: QueueNotice): void;
  /** The worker died of an error outside any guest; every function in it is gone. */
  broken(reason: string): void;
}

let made: SharedArrayBuffer | undefined;

/** One for the process. */
function budget(): SharedArrayBuffer {
  return made ??= createBudget();
}

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

export class Isolate {
  readonly #worker: Worker;
  #events: IsolateEvents | undefined;
  readonly #loading = new Map<number, Waiting>();
  readonly #pending = new Map<number, Waiting>();
  /** What is to be done when the client of a request that it had routed leaves. */
  readonly #leaving = new Map<number, () => void>();
  #listening: Waiting | undefined;
  #sequence = 0;
  #ended: string | undefined;
  readonly #streams = new StreamPost((message, transfer) =>
    this.#send(message, transfer)
  );
  /** Ends the streams that lead from it. */
  readonly #gone = new AbortController();

  /**
   * `addresses` are those it may listen on, `host:port`; permissions cannot be added later. Until `belongTo` it serves
   * nobody.
   */
  constructor(readonly addresses: readonly string[]) {
    this.#worker = new Worker(workerUrl("isolate_worker"), {
      type: "module",
      name: "function",
      deno: { permissions: isolatePermissions(addresses) },
    });
    this.#worker.onmessage = (event) => this.#take(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(event.message);
      this.#events?.broken(event.message);
    };
  }

  /** Whom it serves from now on. */
  belongTo(events: IsolateEvents): void {
    this.#events = events;
  }

  /** Whether its worker runs, as far as is known. */
  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** @returns the function's id. @throws {Error} with the guest's or our reason when it cannot be loaded. */
  load(
    fn: number,
    module: WebAssembly.Module,
    spec: FunctionSpec,
    shared: SharedArrayBuffer,
  ): Promise<string> {
    return this.#await(
      this.#loading,
      fn,
      () =>
        this.#send({ t: "load", fn, module, spec, budget: budget(), shared }),
    );
  }

  run(fn: number): void {
    this.#send({ t: "run", fn });
  }

  /** Resolves when the function's plugins have ended, which they do after their last requests. */
  unload(fn: number): Promise<void> {
    return this.#ask((n) => ({ t: "unload", n, fn }));
  }

  /** Resolves when the function has so many instances, or one of them could not be made. */
  resize(fn: number, instances: number): Promise<void> {
    return this.#ask((n) => ({ t: "resize", n, fn, instances }));
  }

  /** `shared`: other isolates listen there too. @returns the port. */
  listen(
    what: Omit<Extract<ToIsolate, { t: "listen" }>, "t">,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#listening = { resolve, reject };
      this.#send({ t: "listen", ...what });
    });
  }

  /** Opens a listener for a chain of functions that live here. @returns the port. @throws {Error} the address is taken. */
  async serve(listener: ListenerSpec): Promise<number> {
    const answer = await this.#ask<number | string>((n) => ({
      t: "serve",
      n,
      listener,
    }));
    if (typeof answer === "string") throw new Error(answer);
    return answer;
  }

  /** Says which function takes requests without an id, undefined for none. */
  alone(fn: number | undefined): void {
    this.#send({ t: "alone", fn });
  }

  async request(
    fn: number,
    request: WireRequest,
    onLeft?: OnLeft,
  ): Promise<WireResponse | undefined> {
    const answer = await this.#ask<WireResponse | undefined>((n) => {
      onLeft?.(() => this.#send({ t: "left", n }));
      return { t: "request", n, fn, request };
    }, streamOf(request));
    if (answer?.stream === undefined) return answer;
    // A worker that ends takes its end of a stream along without a word.
    const { signal } = this.#gone;
    const stream = answer.stream.pipeThrough(new TransformStream(), { signal });
    return { ...answer, stream };
  }

  /** Has it answer invocations of `fn` on that port. */
  admit(fn: number, port: MessagePort): void {
    this.#send({ t: "admit", fn, port }, [port]);
  }

  /** Lets it invoke a function through ports of its own. */
  meet(who: Acquaintance, ports: MessagePort[]): void {
    this.#send({ t: "meet", who, ports }, ports);
  }

  /** Ends that. Resolves when no such invocation is under way. */
  forget(fn: number): Promise<void> {
    return this.#ask((n) => ({ t: "forget", n, fn }));
  }

  /** Whoever there waits for an answer of that function gets none. */
  lost(fn: number, reason: string): void {
    this.#send({ t: "lost", fn, reason });
  }

  /** Tells an instance of items in its queue, if it lives here. */
  queueReady(notice: QueueNotice): void {
    this.#send(notice);
  }

  stats(fn: number): Promise<FunctionStats | undefined> {
    return this.#ask((n) => ({ t: "stats", n, fn }));
  }

  /** Resolves when the isolate's loop turns. */
  ping(): Promise<void> {
    return this.#ask((n) => ({ t: "ping", n }));
  }

  input(fn: number, bytes: Uint8Array | undefined): void {
    this.#send({ t: "input", fn, bytes });
  }

  /** Ends the worker; a guest in the middle of a loop goes on until the process ends (DESIGN, decision 4). */
  terminate(): void {
    this.#end("the isolate was ended");
    this.#worker.terminate();
  }

  #send(message: ToIsolate, transfer: Transferable[] = []): void {
    if (this.#ended === undefined) this.#worker.postMessage(message, transfer);
  }

  readonly #sendStream = (message: StreamMessage): void =>
    this.#streams.send(message);

  #ask<T>(
    message: (n: number) => ToIsolate,
    transfer?: Transferable[],
  ): Promise<T> {
    const n = ++this.#sequence;
    return this.#await(
      this.#pending,
      n,
      () => this.#send(message(n), transfer),
    );
  }

  #await<T>(
    map: Map<number, Waiting>,
    key: number,
    send: () => void,
  ): Promise<T> {
    if (this.#ended !== undefined) {
      return Promise.reject(new Error(this.#ended));
    }
    return new Promise<T>((resolve, reject) => {
      map.set(key, { resolve, reject });
      send();
    });
  }

  #take(message: FromIsolate): void {
    const events = this.#events;
    // One that serves nobody has no function that could say anything.
    if (events === undefined) return;
    switch (message.t) {
      case "result":
        return settle(this.#pending, message.n)?.resolve(
          message.value as never,
        );
      case "call":
        return this.#reply(
          message.n,
          () => events.call(message.fn, message, this),
        );
      case "route":
        return this.#reply(message.n, () => this.#route(message), streamOf);
      case "left":
        return this.#leaving.get(message.n)?.();
      case "output":
        events.output(message.fn, message.stream, message.bytes)
          .then((errno) =>
            this.#send({
              t: "taken",
              fn: message.fn,
              bytes: message.bytes.length,
              ...errno && { broken: { stream: message.stream, errno } },
            })
          );
        return;
      case "log":
        events.log(message).then(() =>
          this.#send({
            t: "taken",
            fn: message.fn,
            bytes: message.message.length,
          })
        );
        return;
      case "loaded":
        return settle(this.#loading, message.fn)?.resolve(message.id as never);
      case "refused":
        return settle(this.#loading, message.fn)?.reject(
          new Error(message.message),
        );
      case "listening":
        return this.#listening?.resolve(message.port as never);
      case "notListening":
        return this.#listening?.reject(new Error(message.message));
      case "stream":
        return events.stream(message, this.#sendStream);
      case "streams":
        for (const each of message.all) events.stream(each, this.#sendStream);
        return;
      case "queued":
        return events.queued(message);
      case "inputTaken":
        return events.inputTaken(message.fn, message.bytes);
      case "exited":
        return events.exited(message.fn, message.status, message.reason);
    }
  }

  async #route(
    { n, request, id }: Extract<FromIsolate, { t: "route" }>,
  ): Promise<WireResponse> {
    try {
      const answer = await this.#events!.route(
        request,
        id,
        (work) => this.#leaving.set(n, work),
      );
      if (this.#ended !== undefined) answer.stream?.cancel().catch(() => {});
      return answer;
    } finally {
      this.#leaving.delete(n);
    }
  }

  /** Sends what `answer` gives, or why it gives nothing; `transfer` names what of it is handed over. */
  #reply<T>(
    n: number,
    answer: () => T | Promise<T>,
    transfer: (value: T) => Transferable[] = () => [],
  ): void {
    const answered = (value: T) =>
      this.#send({ t: "answer", n, value }, transfer(value));
    const failed = ({ message, errno }: Error & { errno?: number }) =>
      this.#send({ t: "answer", n, failed: { message, errno } });
    try {
      const outcome = answer();
      if (outcome instanceof Promise) outcome.then(answered, failed);
      else answered(outcome);
    } catch (error) {
      failed(error as Error);
    }
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    this.#gone.abort(new Error(reason));
    // Nobody there hears an answer any more.
    for (const left of this.#leaving.values()) left();
    this.#leaving.clear();
    for (const map of [this.#loading, this.#pending]) {
      for (const { reject } of map.values()) reject(new Error(reason));
      map.clear();
    }
    this.#listening?.reject(new Error(reason));
  }
}

/** A function isolate's permissions: to listen on `addresses` (`host:port`) and nothing else. */
export function isolatePermissions(
  addresses: readonly string[],
): Deno.PermissionOptionsObject {
  return {
    env: false,
    ffi: false,
    import: false,
    net: addresses.length === 0 ? false : [...addresses],
    read: false,
    run: false,
    sys: false,
    write: false,
  };
}

function settle(map: Map<number, Waiting>, key: number): Waiting | undefined {
  const entry = map.get(key);
  map.delete(key);
  return entry;
}
