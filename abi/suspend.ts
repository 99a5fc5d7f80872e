/**
 * JavaScript Promise Integration: how a host call that has to wait looks like an ordinary blocking call to the guest
 * (DESIGN, decision 2). TypeScript's own library does not describe these two yet.
 *
 * Measured on Deno 2.9.6: an import made by `suspending` throws `SuspendError` whenever the export was entered
 * plainly, even if it has nothing to wait for; and an export made by `promising` always gives a promise. So a module
 * that imports none of them is entered plainly, which is what keeps its requests free of promises.
 */

/** A function that a guest may import. Arguments arrive as signed i32 numbers, i64 as bigint. */
export type HostFunction = (...args: never[]) => unknown;

/** An export of a guest; plain ones give a value, promising ones a promise. */
export type GuestFunction = (...args: number[]) => unknown;

interface Integration {
  Suspending: new (call: HostFunction) => WebAssembly.ExportValue;
  promising(call: GuestFunction): GuestFunction;
}

const integration = WebAssembly as unknown as Integration;

/** An import that suspends the guest while `call`'s promise is pending. */
export function suspending(call: HostFunction): WebAssembly.ExportValue {
  return new integration.Suspending(call);
}

/** The export `call`, entered so that imports under it may suspend. */
export function promising(call: GuestFunction): GuestFunction {
  return integration.promising(call);
}
