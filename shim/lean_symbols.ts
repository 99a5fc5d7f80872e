/**
 * Symbols of a C library that are called a few times each. Deno makes machine code for a symbol when it is opened, 0.15 to
 * 0.2 ms each, unless a structure is among its parameters; it is repaid by some thousand calls. So here an integer is
 * passed as a structure of one field, which on the machines that Deno runs on travels in the same register.
 */

export type Symbols<S extends Deno.ForeignLibraryInterface> =
  Deno.DynamicLibrary<S>["symbols"];

/** How an integer of that type becomes the bytes of a structure. */
const BYTES: Readonly<Record<string, (value: number | bigint) => Uint8Array>> =
  {
    i32: (value) => bytesOf(Int32Array.of(Number(value))),
    u32: (value) => bytesOf(Uint32Array.of(Number(value))),
    i64: (value) => bytesOf(BigInt64Array.of(BigInt(value))),
    u64: (value) => bytesOf(BigUint64Array.of(BigInt(value))),
    usize: (value) => bytesOf(BigUint64Array.of(BigInt(value))),
  };

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

type Callable = (...args: unknown[]) => unknown;

/** Opens symbols that are functions, to be called as `Deno.dlopen`'s would be. @throws as that does. */
export function openLean<S extends Deno.ForeignLibraryInterface>(
  library: string,
  wanted: S,
): Symbols<S> {
  const functions = Object.entries(
    wanted as Record<string, Deno.ForeignFunction>,
  );
  const places = functions.map(([, { parameters, nonblocking }]) =>
    nonblocking ? -1 : parameters.findIndex((type) => `${type}` in BYTES)
  );
  const { symbols } = Deno.dlopen(
    library,
    Object.fromEntries(
      functions.map(([name, one], i) => [name, withStructure(one, places[i]!)]),
    ),
  );
  return Object.fromEntries(functions.map(([name, { parameters }], i) => {
    const call = symbols[name] as unknown as Callable;
    const at = places[i]!;
    const bytes = BYTES[`${parameters[at]}`];
    return [name, bytes ? passing(call, at, bytes) : call];
  })) as unknown as Symbols<S>;
}

/** The same function, its parameter number `at` being a structure of that one field; of none for -1. */
function withStructure(
  one: Deno.ForeignFunction,
  at: number,
): Deno.ForeignFunction {
  const parameters = one.parameters.map((type, i): Deno.NativeType =>
    i === at ? { struct: [type] } : type
  );
  return { ...one, parameters };
}

function passing(
  call: Callable,
  at: number,
  bytes: (value: number | bigint) => Uint8Array,
): Callable {
  return (...args) => {
    args[at] = bytes(args[at] as number | bigint);
    return call(...args);
  };
}
