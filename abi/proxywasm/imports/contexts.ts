/** `proxy_set_effective_context`, `proxy_done` (ABI.md §1.8). */
import type { HostCallTable } from "../../host_call.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const CONTEXTS: HostCallTable<Vm> = {
  proxy_set_effective_context: setEffectiveContext,
  proxy_done: done,
};

/** `(context)`: host calls act on that context until this callback ends. 0; 2 unknown id. */
function setEffectiveContext(vm: Vm) {
  return (id: number): Status => {
    // 0 is the VM itself: no root, no exchange.
    if (id === 0) {
      vm.current = undefined;
      return Status.ok;
    }
    const context = vm.contexts.get(id >>> 0);
    if (context === undefined) return Status.badArgument;
    vm.current = context;
    return Status.ok;
  };
}

/** `()`: ends a root context whose `proxy_on_done` answered 0. 0; with nothing pending see `Vm.refuse`. */
function done(vm: Vm) {
  return (): Status => {
    const root = vm.current?.root;
    if (root === undefined || !root.pendingDone) {
      return vm.refuse(
        "proxy_done",
        Status.notFound,
        "no context waits for it",
      );
    }
    root.pendingDone = false;
    return Status.ok;
  };
}
