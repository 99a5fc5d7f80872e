/** One time limit for many waits. */
import { Deadlines } from "../../proto/deadlines.ts";

export class Patience {
  readonly #deadlines: Deadlines;

  constructor(milliseconds: number) {
    this.#deadlines = new Deadlines(milliseconds);
  }

  /** The promise's value, or undefined once the time went by. */
  wait<T>(promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const deadline = this.#deadlines.add(() => resolve(undefined));
      promise.then(
        (value) => (deadline.cancel(), resolve(value)),
        (error) => (deadline.cancel(), reject(error)),
      );
    });
  }
}
