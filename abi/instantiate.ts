/** From a module and its imports to exports that can be entered. */
import type { Allocator } from "./memory.ts";
import { exported } from "./proxywasm/callbacks.ts";
import type { Vm } from "./proxywasm/vm.ts";
import { PluginStartError } from "./start_error.ts";
import { guestTrap } from "./trap.ts";

/**
 * Instantiates a plugin's module and lends `vm` its memory and allocator.
 * @throws {PluginStartError} it exports no memory. @throws {GuestTrap} its start section failed.
 */
export function instantiatePlugin(
  module: WebAssembly.Module,
  vm: Vm,
  imports: WebAssembly.Imports,
): WebAssembly.Exports {
  vm.callback = "the start section";
  let instance: WebAssembly.Instance;
  try {
    instance = new WebAssembly.Instance(module, imports);
  } catch (error) {
    // A link error is ours to explain, and no trap.
    if (error instanceof WebAssembly.LinkError) throw error;
    throw guestTrap(vm.callback, error);
  }
  const { exports } = instance;
  if (!(exports.memory instanceof WebAssembly.Memory)) {
    throw new PluginStartError(
      "the module exports no memory: expected a memory named memory",
    );
  }
  const allocator = exported(exports, "malloc", [1], false) ??
    exported(exports, "proxy_on_memory_allocate", [1], false);
  vm.memory.attach(exports.memory, allocator as Allocator | undefined);
  vm.hooks.onInstantiated?.(instance);
  return exports;
}
