/**
 * Answers to clients whose requests came together go out together, when all of them were answered: whoever reads them
 * is woken once and then finds the next, where being woken for each costs both sides more than the answer does. Not
 * where functions take long: there an answer would wait for the work that others ask for.
 */

/** Milliseconds for one answer, from which on it does not wait. */
const SLOW = 0.1;
/** One in so many turns is timed, and one in so many answers put off where they do not wait. */
const SAMPLE = 16;

export interface Writer {
  /** Begins to write. */
  flush(): void;
}

let writers: Writer[] = [];
let turns = 0;
/** When a turn that is timed began: `performance.now()`; and how many answers it has had. */
let begun: number | undefined;
let answers = 0;
let slow = false;

/** Has `writer` begin when this turn is over, or at once. */
export function writeInTurn(writer: Writer): void {
  answers++;
  if (slow && ++turns % SAMPLE !== 0) return writer.flush();
  if (writers.push(writer) > 1) return;
  if (slow || ++turns % SAMPLE === 0) {
    begun = performance.now();
    answers = 1;
  }
  queueMicrotask(flushAll);
}

function flushAll(): void {
  const all = writers;
  writers = [];
  if (begun !== undefined) {
    slow = (performance.now() - begun) / answers > SLOW;
    begun = undefined;
  }
  for (const writer of all) writer.flush();
}
