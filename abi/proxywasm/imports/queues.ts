/** Shared queues (ABI.md §1.7, §4.5). */
import type { HostCallTable } from "../../host_call.ts";
import { MAX_NAME_BYTES, MAX_QUEUE_BYTES } from "../limits.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const QUEUES: HostCallTable<Vm> = {
  proxy_register_shared_queue: register,
  proxy_resolve_shared_queue: resolve,
  proxy_enqueue_shared_queue: enqueue,
  proxy_dequeue_shared_queue: dequeue,
};

function nameAt(vm: Vm, address: number, size: number): string | undefined {
  return size > MAX_NAME_BYTES
    ? undefined
    : vm.memory.byteString(address, size);
}

/** `(name, size, id*)`: 0; 6; 10 when there are too many. */
function register(vm: Vm) {
  const { memory, shared } = vm;
  return (name: number, size: number, idAt: number): Status => {
    idAt >>>= 0;
    const text = nameAt(vm, name >>> 0, size >>> 0);
    if (text === undefined || !memory.holds(idAt, 4)) {
      return Status.invalidMemoryAccess;
    }
    const root = vm.current?.root;
    let id = 0;
    id = shared.queues.register(text, () => {
      if (root !== undefined) vm.hooks.onQueueReady?.(root.id, id);
    });
    if (id === 0) return Status.internalFailure;
    memory.setU32(idAt, id);
    return Status.ok;
  };
}

/** `(vm id, size, name, size, id*)`: the services are those of our VM id, so another's queues are unknown. 0; 1; 6. */
function resolve(vm: Vm) {
  const { memory, shared } = vm;
  return (
    vmId: number,
    vmIdSize: number,
    name: number,
    size: number,
    idAt: number,
  ): Status => {
    idAt >>>= 0;
    const owner = memory.text(vmId >>> 0, vmIdSize >>> 0);
    const text = nameAt(vm, name >>> 0, size >>> 0);
    if (
      owner === undefined || text === undefined || !memory.holds(idAt, 4)
    ) {
      return Status.invalidMemoryAccess;
    }
    if (owner !== "" && owner !== vm.options.vmId) return Status.notFound;
    const id = shared.queues.resolve(text);
    if (id === 0) return Status.notFound;
    memory.setU32(idAt, id);
    return Status.ok;
  };
}

/** `(id, item, size)`: 0; 1; 6; 10 over the limit. */
function enqueue({ memory, shared }: Vm) {
  return (id: number, item: number, size: number): Status => {
    item >>>= 0;
    size >>>= 0;
    if (size !== 0 && !memory.holds(item, size)) {
      return Status.invalidMemoryAccess;
    }
    if (size > MAX_QUEUE_BYTES) return Status.internalFailure;
    return shared.queues.enqueue(id >>> 0, memory.copy(item, size)!);
  };
}

/** `(id, address**, size*)`: takes the oldest item. 0; 1; 7; 6, and then the item stays. */
function dequeue({ memory, shared }: Vm) {
  return (id: number, addressAt: number, sizeAt: number): Status => {
    const item = shared.queues.first(id >>> 0);
    if (typeof item === "number") return item;
    const status = memory.give(item, addressAt >>> 0, sizeAt >>> 0);
    if (status === Status.ok) shared.queues.drop(id >>> 0);
    return status;
  };
}
