/** Shared queues (ABI.md §1.7, §4.5). */
import type { HostCallTable } from "../../host_call.ts";
import { LogLevel } from "../../host.ts";
import type { Span } from "../../copy.ts";
import { MAX_NAME_BYTES, MAX_QUEUE_BYTES, MAX_QUEUES } from "../limits.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const QUEUES: HostCallTable<Vm> = {
  proxy_register_shared_queue: register,
  proxy_resolve_shared_queue: resolve,
  proxy_enqueue_shared_queue: enqueue,
  proxy_dequeue_shared_queue: dequeue,
};

/** A name where it lies, to be used before the guest runs again; undefined if its address is bad or it is too long. */
function nameAt(vm: Vm, address: number, size: number): Span | undefined {
  return size > MAX_NAME_BYTES ? undefined : vm.memory.look(address, size);
}

/** `(name, size, id*)`: 0; 6; when there are too many the id is 0, which no queue has (see `Vm.overLimit`). */
function register(vm: Vm) {
  const { memory, shared } = vm;
  return (name: number, size: number, idAt: number): Status => {
    idAt >>>= 0;
    const text = nameAt(vm, name >>> 0, size >>> 0);
    if (text === undefined || !memory.holds(idAt, 4)) {
      return Status.invalidMemoryAccess;
    }
    const id = shared.queues.register(text, vm.current?.root.id ?? 0);
    memory.setU32(idAt, id);
    if (id === 0) {
      return vm.overLimit(
        "proxy_register_shared_queue",
        `the VM id has ${MAX_QUEUES} queues already, or the pod's store is full`,
      );
    }
    return Status.ok;
  };
}

/** `(vm id, size, name, size, id*)`: an empty VM id is our own. 0; 1; 6. */
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
    const owner = nameAt(vm, vmId >>> 0, vmIdSize >>> 0);
    const text = nameAt(vm, name >>> 0, size >>> 0);
    if (
      owner === undefined || text === undefined || !memory.holds(idAt, 4)
    ) {
      return Status.invalidMemoryAccess;
    }
    const id = shared.queues.resolve(owner, text);
    if (id === 0) return Status.notFound;
    memory.setU32(idAt, id);
    return Status.ok;
  };
}

/** `(id, item, size)`: 0; 1, also over the limit; 6. */
function enqueue(vm: Vm) {
  const { memory, shared } = vm;
  return (id: number, item: number, size: number): Status => {
    const bytes = memory.look(item >>> 0, size >>> 0);
    if (bytes === undefined) return Status.invalidMemoryAccess;
    const status = shared.queues.enqueue(id >>> 0, bytes);
    return status === Status.internalFailure
      ? vm.overLimit(
        "proxy_enqueue_shared_queue",
        `an item of ${bytes.size} bytes would bring queue ${
          id >>> 0
        } over ${MAX_QUEUE_BYTES} bytes, or the pod's store is full`,
        Status.notFound,
      )
      : status;
  };
}

/** `(id, address**, size*)`: takes the oldest item. 0; 1; 7; 6, and then the item stays. */
function dequeue({ memory, shared, host }: Vm) {
  return (id: number, addressAt: number, sizeAt: number): Status => {
    if (!memory.canReturn(addressAt >>> 0, sizeAt >>> 0)) {
      return Status.invalidMemoryAccess;
    }
    const { queues } = shared;
    const taken = queues.take(id >>> 0);
    if (taken !== Status.ok) return taken;
    const { bytes, size } = queues.tray;
    let status: Status = Status.invalidMemoryAccess;
    try {
      // Runs the guest's allocator, which may trap.
      status = memory.give(bytes, addressAt >>> 0, sizeAt >>> 0, size);
    } finally {
      const stays = status === Status.ok ||
        queues.putBack(id >>> 0, { bytes, at: 0, size });
      if (!stays) {
        host.log(
          LogLevel.error,
          `queue ${
            id >>> 0
          }: an item of ${size} bytes is lost: the guest had no memory for it, and the shared store is full`,
        );
      }
    }
    return status;
  };
}
