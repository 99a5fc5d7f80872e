/**
 * Functions that invoke each other from isolate to isolate, once the main isolate has introduced them. A port is made
 * for one function in one isolate; whoever holds its other end may invoke that function and nothing else.
 */
import { bodyOf, invocationOf, MAX_CHAIN } from "../invocation.ts";
import type { Acquaintance, WireRequest, WireResponse } from "../messages.ts";

interface Question {
  n: number;
  method: string;
  param: Uint8Array;
  chain: string[];
}

/** What is needed of an answer; `status` undefined: the function is not here any more, and did not begin. */
interface Reply {
  n: number;
  status: number | undefined;
  body: Uint8Array | undefined;
  error: string | undefined;
}

interface Waiting {
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
}

const NONE = new Uint8Array(0);

/** The function was gone before the call arrived: the main isolate knows who has its id now. */
class Gone extends Error {}

/** Answers what comes in on `port`, which is for one function. */
export function answerOn(
  port: MessagePort,
  answer: (
    question: (id: string) => WireRequest,
  ) => WireResponse | Promise<WireResponse> | undefined,
): void {
  port.onmessage = async ({ data }: MessageEvent<Question>) => {
    const { n, method, param, chain } = data;
    const outcome = answer((id) => invocationOf(id, method, param, chain));
    const response = outcome instanceof Promise ? await outcome : outcome;
    const { status, error } = response ?? {};
    const body = status === 200 ? response?.body : undefined;
    port.postMessage({ n, status, body, error } satisfies Reply);
  };
}

/** One function that can be invoked from here. */
class Peer {
  readonly #ports: readonly MessagePort[];
  readonly #waiting = new Map<number, Waiting>();
  #sequence = 0;
  #idle: (() => void) | undefined;

  constructor(readonly who: Acquaintance, ports: readonly MessagePort[]) {
    this.#ports = ports;
    for (const port of ports) {
      port.onmessage = ({ data }: MessageEvent<Reply>) => {
        this.#waiting.get(data.n)?.resolve(data);
        this.#over(data.n);
      };
    }
  }

  /** @throws {Gone} the function did not begin. */
  async invoke(
    method: string,
    param: Uint8Array,
    chain: string[],
  ): Promise<Uint8Array> {
    const n = ++this.#sequence;
    try {
      return await bodyOf(this.who.id, this.#ask({ n, method, param, chain }));
    } finally {
      this.#over(n);
    }
  }

  #ask(question: Question): Promise<Pick<WireResponse, "status" | "body">> {
    return new Promise((resolve, reject) => {
      const answered = ({ status, body = NONE, error }: Reply) =>
        status === undefined
          ? reject(new Gone())
          : resolve({ status, body, error } as WireResponse);
      this.#waiting.set(question.n, { resolve: answered, reject });
      // Each isolate of the function in turn.
      this.#ports[question.n % this.#ports.length]!.postMessage(question);
    });
  }

  /** No call is begun any more. Resolves when none is under way. */
  async close(): Promise<void> {
    if (this.#waiting.size > 0) {
      await new Promise<void>((resolve) => this.#idle = resolve);
    }
    for (const port of this.#ports) port.close();
  }

  /** The calls under way get no answer. */
  lost(reason: string): void {
    const { id } = this.who;
    for (const [n, { resolve }] of this.#waiting) {
      const error = `function ${id}: ${reason}`;
      resolve({ n, status: 503, body: undefined, error });
      this.#over(n);
    }
  }

  #over(n: number): void {
    this.#waiting.delete(n);
    if (this.#waiting.size === 0) this.#idle?.();
  }
}

/** Those that this isolate was introduced to. */
export class Peers {
  readonly #byFn = new Map<number, Peer>();
  readonly #byId = new Map<string, Peer>();

  meet(who: Acquaintance, ports: readonly MessagePort[]): void {
    const peer = new Peer(who, ports);
    this.#byFn.set(who.fn, peer);
    this.#byId.set(who.id, peer);
  }

  /** Resolves when no call of that function is under way; none begins. */
  async forget(fn: number): Promise<void> {
    const peer = this.#byFn.get(fn);
    if (!peer) return;
    if (this.#byId.get(peer.who.id) === peer) this.#byId.delete(peer.who.id);
    await peer.close();
    this.#byFn.delete(fn);
  }

  lost(fn: number, reason: string): void {
    this.#byFn.get(fn)?.lost(reason);
  }

  /**
   * Invokes function `id` directly.
   * @returns undefined where that cannot be, and the main isolate has to be asked.
   * @throws {Error} why there is no answer.
   */
  async invoke(
    id: string,
    method: string,
    param: Uint8Array,
    chain: string[],
  ): Promise<Uint8Array | undefined> {
    const peer = this.#byId.get(id);
    if (!peer) return undefined;
    // These are for the main isolate to refuse.
    if (param.length > peer.who.bodyLimit || chain.length >= MAX_CHAIN) {
      return undefined;
    }
    try {
      return await peer.invoke(method, param, chain);
    } catch (error) {
      if (error instanceof Gone) return undefined;
      throw error;
    }
  }
}
