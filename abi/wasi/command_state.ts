/** What the host calls of one command share. */
import { monotonic } from "../clock.ts";
import type { GuestFiles, GuestHost } from "../host.ts";
import { GuestMemory } from "../memory.ts";
import { Descriptors } from "./descriptors.ts";
import { errnoOf } from "./file_errors.ts";
import { Stdin } from "./stdin.ts";
import { Errno, type WasiState } from "./types.ts";

export class CommandState implements WasiState {
  readonly memory = new GuestMemory();
  exitCode: number | undefined;
  readonly descriptors: Descriptors;
  readonly stdin: Stdin;
  readonly #begun = monotonic();
  #waited = 0;

  constructor(
    readonly host: GuestHost,
    readonly args: readonly string[],
    readonly env: readonly string[],
  ) {
    this.descriptors = new Descriptors(
      host.files?.preopens ?? [],
      host.streams ?? [],
    );
    this.stdin = new Stdin(host);
  }

  /** The guest's files. Only one with preopens has a descriptor to ask about, so there are some. */
  get files(): GuestFiles {
    return this.host.files!;
  }

  /** Time the guest has run, not counting what it waited in host calls: milliseconds. */
  get running(): number {
    return monotonic() - this.#begun - this.#waited;
  }

  /** `promise`, the time it takes counted as waiting. */
  async waiting<T>(promise: Promise<T>): Promise<T> {
    const since = monotonic();
    try {
      return await promise;
    } finally {
      this.#waited += monotonic() - since;
    }
  }

  /**
   * Waits for `answer` and gives it to `use`, whose errno (0 if it gives none) the guest gets; where there is no answer
   * the guest gets the reason's errno. `call` names it all in the log.
   */
  async asked<T>(
    call: string,
    answer: Promise<T>,
    use?: (value: T) => Errno | void,
  ): Promise<Errno> {
    let value: T;
    try {
      value = await this.waiting(answer);
    } catch (error) {
      return errnoOf(this.host, call, error);
    }
    return use?.(value) ?? Errno.success;
  }
}
