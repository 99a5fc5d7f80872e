/** Metrics (ABI.md §1.7). 64-bit parameters arrive as bigint, signed. */
import type { HostCallTable } from "../../host_call.ts";
import {
  MAX_METRIC_NAME_BYTES,
  MAX_METRICS,
  MAX_NAME_BYTES,
} from "../limits.ts";
import { MetricType, Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const METRICS: HostCallTable<Vm> = {
  proxy_define_metric: define,
  proxy_increment_metric: ({ shared }) => (id: number, delta: bigint): Status =>
    shared.metrics.increment(id >>> 0, delta),
  proxy_record_metric: ({ shared }) => (id: number, value: bigint): Status =>
    shared.metrics.record(id >>> 0, value),
  proxy_get_metric: get,
};

/** `(type, name, size, id*)`: the same name and type give the same id. 0; 2 type; 6; when there are too many the id is 0. */
function define(vm: Vm) {
  const { memory, shared } = vm;
  return (type: number, name: number, size: number, idAt: number): Status => {
    type >>>= 0;
    idAt >>>= 0;
    size >>>= 0;
    if (type > MetricType.histogram) return Status.badArgument;
    const text = size > MAX_NAME_BYTES
      ? undefined
      : memory.look(name >>> 0, size);
    if (text === undefined || !memory.holds(idAt, 4)) {
      return Status.invalidMemoryAccess;
    }
    const id = shared.metrics.define(type as MetricType, text);
    memory.setU32(idAt, id);
    if (id === 0) {
      return vm.overLimit(
        "proxy_define_metric",
        `the name of ${size} bytes is over ${MAX_METRIC_NAME_BYTES}, there are ${MAX_METRICS} metrics already, or the pod's store is full`,
      );
    }
    return Status.ok;
  };
}

/** `(id, value u64*)`: 0; 1; 2 histogram; 6. */
function get({ memory, shared }: Vm) {
  return (id: number, at: number): Status => {
    at >>>= 0;
    if (!memory.holds(at, 8)) return Status.invalidMemoryAccess;
    const value = shared.metrics.get(id >>> 0);
    if (typeof value === "number") return value;
    memory.setU64(at, value);
    return Status.ok;
  };
}
