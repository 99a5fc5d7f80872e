/** Time, timers, and 0.1.0's configuration call (ABI.md §1.1). */
import { type Halves, nanoseconds, realtime } from "../../clock.ts";
import { type HostCallTable, whileAllocating } from "../../host_call.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const TIME: HostCallTable<Vm> = {
  proxy_get_current_time_nanoseconds: whileAllocating(getCurrentTime),
  proxy_set_tick_period_milliseconds: setTickPeriod,
  proxy_get_configuration: getConfiguration,
};

/** `(time u64*)`: wall clock, nanoseconds since the epoch; 0; 6. */
function getCurrentTime({ memory }: Vm) {
  const time: Halves = { low: 0, high: 0 };
  return (at: number): Status => {
    at >>>= 0;
    if (!memory.holds(at, 8)) return Status.invalidMemoryAccess;
    nanoseconds(realtime(), time);
    memory.setU64Halves(at, time.low, time.high);
    return Status.ok;
  };
}

/** `(milliseconds)`: the period of the caller's root context; 0 stops it. Always 0. */
function setTickPeriod(vm: Vm) {
  return (milliseconds: number): Status => {
    const period = milliseconds >>> 0;
    const root = vm.current?.root;
    if (root === undefined) {
      return vm.refuse(
        "proxy_set_tick_period_milliseconds",
        Status.notFound,
        "no context is running",
      );
    }
    root.tickPeriod = period;
    vm.hooks.onTickPeriod?.(period, root.id);
    return Status.ok;
  };
}

/** 0.1.0 `(address**, size*)`: the VM's configuration inside `proxy_on_vm_start`, else the plugin's; 0; 6. */
function getConfiguration(vm: Vm) {
  return (addressAt: number, sizeAt: number): Status =>
    vm.memory.give(
      vm.callback === "proxy_on_vm_start"
        ? vm.options.vmConfiguration
        : vm.options.pluginConfiguration,
      addressAt >>> 0,
      sizeAt >>> 0,
    );
}
