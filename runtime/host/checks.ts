/** What has to be true of a pod's functions beside each other. */
import type { HostFunction } from "../function/function.ts";
import type { FunctionSpec } from "../isolate/messages.ts";
import type { NewFunction } from "./pod_options.ts";

/**
 * Plain connections name no function, so who takes them has the pod's port for itself. `several`: others are to come.
 * @throws {Error} naming the function that would not be alone.
 */
export function checkAlone(
  wanted: NewFunction,
  present: readonly HostFunction[],
  several: boolean,
): void {
  if (wanted.spec.kind !== "plugin") return;
  const others = present.filter(({ spec }) => spec.kind === "plugin");
  const tcp = [wanted, ...others].find(servesTcp);
  if (tcp !== undefined && (others.length > 0 || several)) {
    throw new Error(
      `function ${tcp.name} (${tcp.path}) stands before a TCP upstream: it has to be the only one on its port, expected no other beside it`,
    );
  }
}

/** @throws {Error} another of the functions that are present has its id. */
export function checkId(fn: HostFunction, present: Iterable<HostFunction>) {
  if (fn.spec.kind !== "plugin") return;
  for (const other of present) {
    if (
      other !== fn && other.spec.kind === "plugin" &&
      other.state !== "loading" && other.id === fn.id
    ) {
      throw new Error(
        `function id ${fn.id} of ${fn.name} (${fn.path}) is taken: ${other.name} (${other.path}) has it`,
      );
    }
  }
}

/** Whether it takes plain connections. */
export function servesTcp({ spec }: { spec: FunctionSpec }): boolean {
  return spec.reach.upstream?.kind === "tcp";
}
