/**
 * Answers to clients whose requests came together go out together, when all of them were answered: whoever reads them
 * is woken once and then finds the next, where being woken for each costs both sides more than the answer does. Not
 * where functions take long: there an answer would wait for the work that others ask for.
 */

/** Milliseconds for one answer, from which on it does not wait. */
const SLOW = 0.1;
/**
 * One in so many turns is timed, and one in so many answers put off where they do not wait. Odd, so that it is not always
 * the last of its turn, after which there is nothing to time.
 */
const SAMPLE = 17;

export interface Writer {
  /** Begins to write. */
  flush(): void;
}

export class Turn {
  readonly #now: () => number;
  #writers: Writer[] = [];
  #turns = 0;
  /** When a turn that is timed began, and how many answers it has had. */
  #begun: number | undefined;
  #answers = 0;
  #slow = false;

  /** `now`: milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Has `writer` begin when this turn is over, or at once. */
  write(writer: Writer): void {
    this.#answers++;
    if (this.#slow && ++this.#turns % SAMPLE !== 0) return writer.flush();
    if (this.#writers.push(writer) > 1) return;
    if (this.#slow || ++this.#turns % SAMPLE === 0) {
      this.#begun = this.#now();
      this.#answers = 1;
    }
    queueMicrotask(this.#flush);
  }

  readonly #flush = (): void => {
    const writers = this.#writers;
    this.#writers = [];
    if (this.#begun !== undefined && this.#answers > 1) {
      // The work for the first was done before it came here.
      const each = (this.#now() - this.#begun) / (this.#answers - 1);
      this.#slow = each > SLOW;
    }
    this.#begun = undefined;
    for (const writer of writers) writer.flush();
  };
}

/** That of all connections of this isolate. */
export const turn = new Turn(() => performance.now());
