/** How Layotto's services answer: every failure but a bad address is 10 to the guest, its reason a log line. */
import { HostCallError, LogLevel } from "../host.ts";
import { Status } from "../proxywasm/types.ts";
import type { Vm } from "../proxywasm/vm.ts";

/** Waits for `work` and hands its bytes to the guest. `call` names the call in the log. */
export async function deliver(
  vm: Vm,
  call: string,
  work: () => Promise<Uint8Array>,
  addressAt: number,
  sizeAt: number,
): Promise<Status> {
  let value: Uint8Array;
  try {
    value = await work();
  } catch (error) {
    return failed(vm, call, error);
  }
  return vm.memory.give(value, addressAt, sizeAt);
}

/** Logs why `call` failed and gives the guest's status. */
export function failed(vm: Vm, call: string, error: unknown): Status {
  const reason = error instanceof Error ? error.message : String(error);
  vm.host.log(
    // Anything but a HostCallError is a fault of this host, not of what the guest asked for.
    error instanceof HostCallError ? LogLevel.warn : LogLevel.error,
    `${call} failed: ${reason}`,
  );
  return Status.internalFailure;
}

/** A guest's text in a log line: quoted, and cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
