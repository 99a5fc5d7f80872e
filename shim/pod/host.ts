/** One host: its process, the control protocol to it, and the watch over it. */
import { after, within } from "../../proto/after.ts";
import {
  type HostExit,
  type HostOptions,
  HostProcess,
} from "../cage/host_process.ts";
import type { Identity } from "../cage/identity.ts";
import { failure } from "../errors.ts";
import { reclaimer } from "../reclaim.ts";
import { HostClient, type Key, type PodSpec } from "../../runtime/mod.ts";

/** How long a host's main isolate may be silent before it is killed: milliseconds. */
const SILENCE_MS = 10_000;
/** How often a host with containers is asked whether it lives: milliseconds. */
const PING_MS = 5_000;
/** How long a host may take to end after its stdin closed: milliseconds. */
const GRACE_MS = 2_000;
/** How long what a dead host had written may take to be read: milliseconds. */
const LAST_WORDS_MS = 2_000;

/** Whom a host reports to. */
export interface HostListener {
  output(key: Key, stream: 1 | 2, bytes: Uint8Array): void | Promise<void>;
  exited(key: Key, status: number, at: number, reason: string): void;
  /** The process is gone and all it said was read. */
  gone(host: Host, exit: HostExit): void;
}

export class Host {
  readonly identity: Identity;
  readonly client: HostClient;
  /** Resolves when the process is gone and its last words were read; never rejects. */
  readonly gone: Promise<HostExit>;
  readonly #process: HostProcess;
  readonly #hello: Promise<void>;
  readonly #pods = new Map<string, Promise<void>>();
  #alive = true;
  #usable = true;
  #killedFor: string | undefined;
  /** Stops the watch; undefined while there is none. */
  #watch: (() => void) | undefined;

  /** Spawns a host. @throws {SystemError} when it cannot be caged. */
  constructor(options: HostOptions, listener: HostListener) {
    this.identity = options.identity;
    this.#process = HostProcess.spawn(options);
    const closed = Promise.withResolvers<void>();
    this.client = new HostClient({
      readable: this.#process.stdout,
      writable: this.#process.stdin,
    }, {
      output: (key, stream, bytes) => listener.output(key, stream, bytes),
      exited: (key, status, at, reason) =>
        listener.exited(key, status, at, reason),
      closed: (reason) => {
        closed.resolve();
        this.#hungUp(reason);
      },
    });
    this.#hello = this.#within(SILENCE_MS, this.client.hello(), "hello");
    this.#hello.catch(() => {});
    this.gone = this.#end(closed.promise);
    this.gone.then((exit) => listener.gone(this, exit));
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Whether it may be asked for anything: it runs and was not told to end. */
  get usable(): boolean {
    return this.#usable;
  }

  /** Resolves when the host knows the pod. @throws {HostRequestError | TtrpcError} when it died or refused. */
  async openPod(pod: string, spec: PodSpec): Promise<void> {
    let opened = this.#pods.get(pod);
    if (opened === undefined) {
      // Asked at once: requests are taken in order, and each answer waited for is a trip.
      const answered = this.client.openPod(pod, spec);
      opened = Promise.all([this.#hello, answered]).then(() => {});
      this.#pods.set(pod, opened);
      opened.catch(() => this.#pods.delete(pod));
    }
    try {
      await opened;
    } catch (error) {
      if (this.#usable) throw error;
      // Why it died says more than that its pipe closed.
      const { reason } = await this.gone;
      throw failure("unavailable", `the host ended: ${reason}`);
    }
  }

  setOomScore(score: number): void {
    this.#process.setOomScore(score);
  }

  /** Turns the watch on or off: only a host that runs functions is asked whether it lives. */
  watch(on: boolean): void {
    if (!on || !this.#alive) {
      this.#watch?.();
      this.#watch = undefined;
    } else this.#watch ??= after(PING_MS, () => this.#ping());
  }

  /** Ends the host at once. The first reason given is the one that is told. */
  kill(reason: string): void {
    if (!this.#alive) return;
    this.#killedFor ??= reason;
    this.#usable = false;
    this.#process.kill();
  }

  /** Asks the host to end, and makes it end if it does not. Resolves when it is gone. */
  async shutdown(): Promise<void> {
    this.#usable = false;
    this.client.close();
    const cancel = after(
      GRACE_MS,
      () => this.kill(`did not end within ${GRACE_MS} ms of its stdin`),
    );
    await this.gone;
    cancel();
  }

  async #end(closed: Promise<void>): Promise<HostExit> {
    const { status, reason } = await this.#process.ended;
    this.#usable = false;
    await within(LAST_WORDS_MS, closed);
    this.#alive = false;
    this.watch(false);
    const why = this.#killedFor;
    return {
      status,
      reason: why === undefined ? reason : `${reason}: ${why}`,
    };
  }

  /** A host that cannot be talked to serves nobody. Mostly it is ending, and says better itself how. */
  async #hungUp(reason: string): Promise<void> {
    this.#usable = false;
    const cancel = after(GRACE_MS, () => this.kill(reason));
    await this.#process.ended;
    cancel();
  }

  async #ping(): Promise<void> {
    try {
      await this.#within(SILENCE_MS, this.client.ping(), "ping");
    } catch {
      return; // Killed or dead: either way it ends.
    }
    reclaimer.look();
    if (this.#watch === undefined) return;
    this.#watch = undefined;
    this.watch(true);
  }

  /** `answer`, or the host's death if it does not come in time. */
  async #within(
    ms: number,
    answer: Promise<void>,
    what: string,
  ): Promise<void> {
    const cancel = after(
      ms,
      () => this.kill(`no answer to ${what} within ${ms} ms`),
    );
    try {
      await answer;
    } finally {
      cancel();
    }
  }
}
