/** From what a module imports to what it is given. */
import { GUEST_RUNTIMES } from "./guest_runtimes.ts";
import { type HostCallTable, type HostState, normalized } from "./host_call.ts";
import { LogLevel } from "./host.ts";
import { LAYOTTO } from "./layotto/mod.ts";
import { PROXY_WASM } from "./proxywasm/imports/mod.ts";
import { Status } from "./proxywasm/types.ts";
import { type HostFunction, suspending } from "./suspend.ts";
import type { Tracer } from "./trace.ts";
import { RestrictedCallError } from "./trap.ts";
import { unwind } from "./unwind.ts";
import {
  COMMAND_WASI,
  PLUGIN_WASI,
  UNSTABLE_COMMAND_WASI,
} from "./wasi/mod.ts";
import { Errno } from "./wasi/types.ts";

/** An import that can be had. */
export interface Import {
  module: string;
  name: string;
  /** It may suspend the guest. */
  suspends: boolean;
  /** It only answers "unimplemented". */
  stub: boolean;
  /** The function for one instance. `state` is a `Vm` for plugins, a `CommandState` for commands. */
  bind(state: never): HostFunction;
  /** May be called while the guest's allocator runs. */
  whileAllocating: boolean;
}

/** Who links: the same WASI name behaves differently for a plugin, which must not block, and for a command. */
export type Side = "plugin" | "command";

/** Both names under which preview 1 is imported; old toolchains use the second. */
const PREVIEW1 = "wasi_snapshot_preview1";
const UNSTABLE = "wasi_unstable";

/** Drafts and vendors without the `proxy_` prefix (ABI.md §1.9). */
const OTHER_KNOWN_NAMES = ["envoy_resolve_dns"];

const TABLES: Record<
  Side,
  { env: HostCallTable<never>; wasi: Record<string, HostCallTable<never>> }
> = {
  plugin: {
    env: { ...GUEST_RUNTIMES, ...PROXY_WASM, ...LAYOTTO },
    // As Envoy's host does: one table under both names.
    wasi: { [PREVIEW1]: PLUGIN_WASI, [UNSTABLE]: PLUGIN_WASI },
  },
  command: {
    env: GUEST_RUNTIMES,
    wasi: { [PREVIEW1]: COMMAND_WASI, [UNSTABLE]: UNSTABLE_COMMAND_WASI },
  },
};

/** What answers an import, or undefined if nothing here does. */
export function resolveImport(
  entry: WebAssembly.ModuleImportDescriptor,
  side: Side,
): Import | undefined {
  if (entry.kind !== "function") return undefined;
  const { module, name } = entry;
  if (module === "env") {
    return fromTable(TABLES[side].env, module, name) ??
      (isProxyWasmName(name)
        ? stub(module, name, Status.unimplemented)
        : undefined);
  }
  if (module === PREVIEW1 || module === UNSTABLE) {
    return fromTable(TABLES[side].wasi[module]!, module, name) ??
      stub(module, name, Errno.nosys);
  }
  return undefined;
}

function isProxyWasmName(name: string): boolean {
  return name.startsWith("proxy_") || OTHER_KNOWN_NAMES.includes(name);
}

function fromTable(
  table: HostCallTable<never>,
  module: string,
  name: string,
): Import | undefined {
  // The name is the module's own: `constructor` must not find Object's.
  if (!Object.hasOwn(table, name)) return undefined;
  const { bind, suspends, whileAllocating } = normalized(table[name]!);
  return { module, name, suspends, stub: false, bind, whileAllocating };
}

function stub(module: string, name: string, answer: number): Import {
  let said = false;
  function bind(state: HostState): HostFunction {
    return () => {
      if (!said) {
        said = true;
        state.host.log(
          LogLevel.warn,
          `the module called ${module}.${name}, which this host does not have; it answers ${answer}`,
        );
      }
      return answer;
    };
  }
  return {
    module,
    name,
    suspends: false,
    stub: true,
    bind,
    whileAllocating: false,
  };
}

/**
 * The import object for one instance. Those not among `capabilities`, where there are some, link and fail: 10 of
 * proxy-wasm's, 76 of WASI's (ABI.md §1.0). `tracer` follows the calls if it is given.
 */
export function importsFor(
  links: readonly Import[],
  state: HostState,
  capabilities?: readonly string[],
  tracer?: Tracer,
): WebAssembly.Imports {
  // Without a prototype, since an import may be called `__proto__`.
  const imports: WebAssembly.Imports = Object.create(null);
  for (const link of links) {
    const module = imports[link.module] ??= Object.create(null);
    if (capabilities?.includes(link.name) === false) {
      module[link.name] = denied(state, link);
      continue;
    }
    let call = link.bind(state as never);
    if (!link.whileAllocating) call = guarded(state, link.name, call);
    if (tracer) call = tracer.hostCall(link.name, call);
    module[link.name] = link.suspends ? suspending(call) : call;
  }
  return imports;
}

function denied({ host }: HostState, { module, name }: Import): HostFunction {
  const answer = module === "env" ? Status.internalFailure : Errno.notcapable;
  return () => {
    host.log(
      LogLevel.error,
      `the module called ${name}, which is not among its allowed capabilities; it answers ${answer}`,
    );
    return answer;
  };
}

type Any = (...args: unknown[]) => unknown;

/**
 * `call`, refused while the guest's allocator runs (ABI.md §7.11): the call that wanted the memory is half done. One
 * arrow per arity, because a rest parameter would cost more than the calls it guards.
 */
function guarded(
  state: HostState,
  name: string,
  call: HostFunction,
): HostFunction {
  const memory = state.memory;
  const f = call as Any;
  function check() {
    if (memory.allocating) unwind(new RestrictedCallError(name));
  }
  switch (f.length) {
    case 0:
      return () => (check(), f());
    case 1:
      return (a) => (check(), f(a));
    case 2:
      return (a, b) => (check(), f(a, b));
    case 3:
      return (a, b, c) => (check(), f(a, b, c));
    case 4:
      return (a, b, c, d) => (check(), f(a, b, c, d));
    case 5:
      return (a, b, c, d, e) => (check(), f(a, b, c, d, e));
    case 6:
      return (a, b, c, d, e, g) => (check(), f(a, b, c, d, e, g));
    default:
      return (...args) => (check(), f(...args));
  }
}
