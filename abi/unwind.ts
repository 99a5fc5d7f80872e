/**
 * Leaving a guest for good from inside a host call. A guest compiled with exceptions catches what a host call throws
 * (C++'s `noexcept` does, and its destructors) and would go on; the one thing that passes every `catch_all` is a trap.
 */

/** `(module (func (export "t") unreachable))` */
const TRAPPING = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0], // one type, () -> ()
  ...[3, 2, 1, 0], // one function of it
  ...[7, 5, 1, 1, 0x74, 0, 0], // exported as "t"
  ...[10, 5, 1, 3, 0, 0, 11], // unreachable, end
]);

let trap: (() => never) | undefined;

/** Unwinds all frames of the guest that made the host call; `reasonOf` gives `reason` back. */
export function unwind(reason: Error): never {
  trap ??= new WebAssembly.Instance(new WebAssembly.Module(TRAPPING))
    .exports.t as () => never;
  try {
    return trap();
  } catch (error) {
    // V8 marks the object, so it is this one that has to be thrown.
    if (error instanceof Error) error.cause = reason;
    throw error;
  }
}

/** What `unwind` was called with, or else `error` itself. */
export function reasonOf(error: unknown): unknown {
  return error instanceof WebAssembly.RuntimeError && error.cause !== undefined
    ? error.cause
    : error;
}
