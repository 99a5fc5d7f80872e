/**
 * What a handler knows about the call it answers.
 *
 * @module
 */

import { after } from "../after.ts";
import type { KeyValue } from "../gen/ttrpc/ttrpc.ts";
import { Code, TtrpcError } from "./status.ts";

/** Longest delay of a timer; a caller that waits longer waits for ever. */
export const MAX_TIMER_MS = 2_147_483_647;

/** A call's surroundings. */
export interface CallContext {
  /** Full name of the service that was called. */
  readonly service: string;
  readonly method: string;
  /**
   * Aborts when nobody waits for the answer any more: the connection ended, or
   * the caller's time is over. The reason is a {@linkcode TtrpcError}.
   */
  readonly signal: AbortSignal;
  /** Milliseconds the caller gave when the call came; `undefined` is no end. */
  readonly timeoutMs: number | undefined;
  /** What the caller sent beside its request; of a repeated key the last. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * A call while it runs. Signal, timer and metadata are made when somebody
 * wants them: most calls end in the turn they came and want none.
 */
export class Call implements CallContext {
  readonly service: string;
  readonly method: string;
  readonly timeoutMs: number | undefined;
  readonly #pairs: KeyValue[];
  #metadata: Map<string, string> | undefined;
  #controller: AbortController | undefined;
  #reason: TtrpcError | undefined;
  #cancel = () => {};

  constructor(
    service: string,
    method: string,
    timeoutNano: bigint,
    pairs: KeyValue[],
  ) {
    this.service = service;
    this.method = method;
    this.timeoutMs = timeoutNano === 0n ? undefined : Number(timeoutNano) / 1e6;
    this.#pairs = pairs;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  get metadata(): ReadonlyMap<string, string> {
    this.#metadata ??= new Map(
      this.#pairs.map(({ key, value }) => [key.toLowerCase(), value]),
    );
    return this.#metadata;
  }

  /** Whether the call came with its time already over. */
  get expired(): boolean {
    return this.timeoutMs !== undefined && this.timeoutMs < 0;
  }

  /** Calls `onTimeout` when the caller's time is over, if it has an end. */
  startTimer(onTimeout: (error: TtrpcError) => void): void {
    const timeout = this.timeoutMs;
    if (timeout === undefined || timeout > MAX_TIMER_MS) return;
    this.#cancel = after(timeout, () => onTimeout(this.timeoutError()));
  }

  /** What a caller is told whose time is over. */
  timeoutError(): TtrpcError {
    return new TtrpcError(
      Code.DeadlineExceeded,
      `${this.service}/${this.method}: no answer within ${this.timeoutMs} ms`,
    );
  }

  /** Stops the timer: the call is answered or its caller gone. */
  stopTimer(): void {
    this.#cancel();
  }

  /** Tells the handler that nobody waits any more. */
  abort(reason: TtrpcError): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
