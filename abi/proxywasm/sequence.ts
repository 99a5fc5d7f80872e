/**
 * Sequences of callbacks, written once for both ways of entering a guest. A sequence yields what each callback gave
 * (a number, or a promise of one where the module may suspend) and is resumed with the number.
 */
import type { GuestFunction } from "../suspend.ts";
import { ProcExit } from "../trap.ts";
import { reasonOf } from "../unwind.ts";
import type { Vm } from "./vm.ts";

export type Sequence<T> = Generator<unknown, T, number>;

/** What a module may export to be started. */
export interface StartFunctions {
  initialize: GuestFunction | undefined;
  main: GuestFunction | undefined;
  mainVoid: GuestFunction | undefined;
  start: GuestFunction | undefined;
}

/** `_initialize`, then `main(0, 0)` or `__main_void()`; else `_start` (ABI.md §2.3). */
export function* startSequence(
  vm: Vm,
  functions: StartFunctions,
): Sequence<void> {
  const { initialize, main, mainVoid, start } = functions;
  if (initialize === undefined) {
    vm.enter("_start", undefined);
    try {
      if (start !== undefined) yield start();
    } catch (error) {
      // The ordinary end of a command's `main`: its functions stay callable.
      const reason = reasonOf(error);
      if (!(reason instanceof ProcExit && reason.code === 0)) throw error;
    }
    return;
  }
  vm.enter("_initialize", undefined);
  yield initialize();
  if (main !== undefined) {
    vm.enter("main", undefined);
    yield main(0, 0);
  } else if (mainVoid !== undefined) {
    vm.enter("__main_void", undefined);
    yield mainVoid();
  }
}
