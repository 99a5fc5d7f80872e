/** Something that is done once and may fail: ahead of time if there is time, else when it has to be. */
export class Ahead {
  readonly #work: () => void;
  #state: "new" | "done" | Error = "new";

  constructor(work: () => void) {
    this.#work = work;
  }

  /** Does it unless that was tried. Never throws. */
  try(): void {
    if (this.#state !== "new") return;
    try {
      this.#work();
      this.#state = "done";
    } catch (error) {
      this.#state = error as Error;
    }
  }

  /** Sees to it that it is done. @throws {Error} why it could not be; the next call tries again. */
  ensure(): void {
    this.try();
    if (!(this.#state instanceof Error)) return;
    const error = this.#state;
    this.#state = "new";
    throw error;
  }
}
