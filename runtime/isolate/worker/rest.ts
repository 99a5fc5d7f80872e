/**
 * An isolate's start leaves behind what is not used again: compiled code, and heap that is not full. It goes once, at a
 * moment when no client waits: 10 ms of standing still are more than an answer takes.
 */
export class Rest {
  readonly #collect: () => void;
  /** Answers there were at the last look; undefined once all is done. */
  #before: number | undefined = -1;

  constructor(collect: () => void) {
    this.#collect = collect;
  }

  /**
   * To be called every few seconds.
   * @param answers that were given so far; as many as at the last look mean that nobody asks.
   */
  look(answers: number): void {
    if (this.#before === undefined) return;
    if (answers !== this.#before) {
      this.#before = answers;
      return;
    }
    this.#before = undefined;
    this.#collect();
  }
}
