/** How a guest's end is told. */
import { GuestTrap } from "./host.ts";
import { reasonOf } from "./unwind.ts";

/** Unwinds the guest's frames after `proc_exit`; never leaves this folder. */
export class ProcExit extends Error {
  override name = "ProcExit";
  constructor(readonly code: number) {
    super(`the guest called proc_exit(${code})`);
  }
}

/** A host call that the guest's allocator must not make (ABI.md §7.11). */
export class RestrictedCallError extends Error {
  override name = "RestrictedCallError";
  constructor(call: string) {
    super(
      `restricted_callback: ${call} was called by the guest's allocator, which may only log, write and read the clock`,
    );
  }
}

/**
 * What ended a guest that was running `callback`: a trap, a stack overflow, an exit, or an exception that passed
 * through its frames. The original error is the cause.
 */
export function guestTrap(callback: string, error: unknown): GuestTrap {
  if (error instanceof GuestTrap) return error;
  const reason = reasonOf(error);
  // What is no error is an exception of WebAssembly's, of which V8 tells neither text nor stack.
  const what = reason instanceof Error
    ? reason.message
    : "it threw an exception and caught none";
  const trap = new GuestTrap(
    callback,
    `the guest failed in ${callback}: ${what}`,
    wasmFrames(reason),
  );
  trap.cause = reason;
  return trap;
}

/** Only the guest's frames: `at name (wasm://wasm/hash:wasm-function[3]:0x2a)`. */
function wasmFrames(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return "";
  return error.stack.split("\n")
    .filter((line) =>
      line.includes("wasm://") || line.includes("wasm-function")
    )
    .map((line) => line.trim()).join("\n");
}
