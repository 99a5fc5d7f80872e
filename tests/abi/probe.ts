/** A guest whose exports pass every call on to the host function of the same name, so that a test can make any call. */
import { importsFor } from "../../abi/link.ts";
import { inspected } from "../../abi/module.ts";
import type { Allocator } from "../../abi/memory.ts";
import { ByteBuffer } from "../../abi/proxywasm/buffer.ts";
import {
  HttpContext,
  RootContext,
  Side,
} from "../../abi/proxywasm/contexts.ts";
import { HeaderMap } from "../../abi/proxywasm/header_map.ts";
import { createSharedServices } from "../../abi/proxywasm/shared/mod.ts";
import { type PluginHooks, Vm } from "../../abi/proxywasm/vm.ts";
import { promising } from "../../abi/suspend.ts";
import { reasonOf } from "../../abi/unwind.ts";
import { CommandState } from "../../abi/wasi/command_state.ts";
import type { GuestRequest, PluginOptions } from "../../abi/host.ts";
import { moduleOf, options, RecordingHost, request } from "./guests.ts";
import { passThrough, PROXY_WASM, WASI } from "./signatures.ts";

/** How the probe's allocator behaves; set with `probe.allocator`. */
export const Allocation = {
  normal: 0,
  refuses: 1,
  outOfRange: 2,
  traps: 3,
  grows: 4,
  callsHost: 5,
  logs: 6,
  ends: 7,
} as const;

/** One page; the probe's allocator gives out from here up. */
export const HEAP = 0x8000;
export const PAGE = 0x10000;

/** The first address that is negative as a signed number. */
export const FAR = 0x8000_0000;

function probeText(
  names: string[],
  wasi: string[],
  marker: string,
  wasiModule = "wasi_snapshot_preview1",
): string {
  const all = [
    ...names.map((name) => passThrough("env", name, PROXY_WASM[name]!)),
    ...wasi.map((name) => passThrough(wasiModule, name, WASI[name]!)),
  ];
  const can = (name: string) => names.includes(name);
  return `(module
    ${all.map((one) => one.imported).join("\n")}
    (memory (export "memory") 1)
    (global $heap (export "heap") (mut i32) (i32.const ${HEAP}))
    (global $mode (export "mode") (mut i32) (i32.const 0))
    (global $asked (export "asked") (mut i32) (i32.const -1))
    (global $allocations (export "allocations") (mut i32) (i32.const 0))
    (func (export "${marker}"))
    (func (export "malloc") (param $size i32) (result i32)
      (global.set $asked (local.get $size))
      (global.set $allocations
        (i32.add (global.get $allocations) (i32.const 1)))
      (if (i32.eq (global.get $mode) (i32.const 1))
        (then (return (i32.const 0))))
      (if (i32.eq (global.get $mode) (i32.const 2))
        (then (return (i32.const ${PAGE - 1}))))
      (if (i32.eq (global.get $mode) (i32.const 3)) (then unreachable))
      (if (i32.eq (global.get $mode) (i32.const 4))
        (then (return
          (i32.mul (memory.grow (i32.const 1)) (i32.const ${PAGE})))))
      ${
    can("proxy_done")
      ? `(if (i32.eq (global.get $mode) (i32.const 5))
        (then (drop (call $proxy_done))))`
      : ""
  }
      ${
    can("proxy_log")
      ? `(if (i32.eq (global.get $mode) (i32.const 6))
        (then (drop (call $proxy_log
          (i32.const 2) (i32.const 0) (i32.const 0)))))`
      : ""
  }
      (if (i32.eq (global.get $mode) (i32.const 7))
        (then (return (i32.sub (i32.const ${PAGE}) (local.get $size)))))
      (global.get $heap)
      (global.set $heap (i32.add (global.get $heap) (local.get $size))))
    ${all.map((one) => one.exported).join("\n")})`;
}

export type Argument = number | bigint;

/** What plugin and command probes have in common: memory, and calls. */
class GuestMemoryView {
  constructor(
    protected readonly exports: WebAssembly.Exports,
    protected readonly suspends: boolean,
  ) {}

  get memory(): Uint8Array {
    return new Uint8Array((this.exports.memory as WebAssembly.Memory).buffer);
  }

  get view(): DataView {
    return new DataView((this.exports.memory as WebAssembly.Memory).buffer);
  }

  /** Puts text or bytes at `at` and gives its length. */
  put(at: number, data: string | Uint8Array): number {
    const bytes = typeof data === "string"
      ? new TextEncoder().encode(data)
      : data;
    this.memory.set(bytes, at);
    return bytes.length;
  }

  /** Grows the memory, as the guest itself does between two calls. */
  grow(pages: number): void {
    (this.exports.memory as WebAssembly.Memory).grow(pages);
  }

  u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  u64(at: number): bigint {
    return this.view.getBigUint64(at, true);
  }

  /** The bytes whose address is at `addressAt` and whose size is at `sizeAt`. */
  given(addressAt: number, sizeAt: number): Uint8Array {
    const address = this.u32(addressAt);
    return this.memory.slice(address, address + this.u32(sizeAt));
  }

  /** `given` as text. */
  givenText(addressAt: number, sizeAt: number): string {
    return new TextDecoder().decode(this.given(addressAt, sizeAt));
  }

  /** Calls a host function that does not wait. @throws why it ended the guest. */
  call(name: string, ...args: Argument[]): number {
    try {
      return (this.exports[name] as (...args: Argument[]) => number)(...args);
    } catch (error) {
      throw reasonOf(error);
    }
  }

  /** Calls a host function that may wait. @throws why it ended the guest. */
  async wait(name: string, ...args: Argument[]): Promise<number> {
    const call = promising(this.exports[name] as never);
    try {
      return await call(...args as number[]) as number;
    } catch (error) {
      throw reasonOf(error);
    }
  }
}

export interface ProbeSettings {
  /** Instead of the probe's own text; its exports are called by their names. */
  module?: WebAssembly.Module;
  /** Import these instead of every proxy-wasm function that does not wait. */
  names?: string[];
  wasi?: string[];
  version?: "0_1_0" | "0_2_0" | "0_2_1";
  options?: Partial<PluginOptions>;
  request?: Partial<GuestRequest>;
  hooks?: PluginHooks;
  /** The root's context is current instead of an HTTP exchange's. */
  onRoot?: boolean;
}

export const WAITING = ["proxy_get_state", "proxy_invoke_service"];
export const PLAIN = Object.keys(PROXY_WASM)
  .filter((name) => !WAITING.includes(name));

/** A plugin in the middle of a request callback. */
export class PluginProbe extends GuestMemoryView {
  readonly host: RecordingHost;
  readonly vm: Vm;
  readonly http: HttpContext;
  readonly root: RootContext;
  /** What the guest asked of its exchange. */
  readonly controlled: string[] = [];

  constructor(settings: ProbeSettings = {}) {
    const host = new RecordingHost();
    const version = settings.version ?? "0_2_1";
    const module = settings.module ?? moduleOf(probeText(
      settings.names ?? PLAIN,
      settings.wasi ?? [],
      `proxy_abi_version_${version}`,
    ));
    const { info, links } = inspected(module);
    const vm = new Vm(
      host,
      options(settings.options),
      info.abiVersion!,
      settings.hooks ?? {},
      settings.hooks?.shared ?? createSharedServices(),
    );
    const instance = new WebAssembly.Instance(module, importsFor(links, vm));
    super(instance.exports, info.suspends);
    vm.memory.attach(
      instance.exports.memory as WebAssembly.Memory,
      instance.exports.malloc as Allocator,
    );
    this.host = host;
    this.vm = vm;
    this.root = new RootContext(1, options(settings.options), host);
    const asked = request(settings.request);
    const sides = [new Side(), new Side()] as const;
    for (const side of sides) {
      side.headers = new HeaderMap();
      side.trailers = new HeaderMap();
      side.body = new ByteBuffer();
    }
    sides[0].headers = new HeaderMap(asked.headers);
    sides[0].body = new ByteBuffer(asked.body);
    this.http = new HttpContext(2, this.root, asked, ...sides, {
      continueRequest: () => this.controlled.push("continue request"),
      continueResponse: () => this.controlled.push("continue response"),
      close: () => this.controlled.push("close"),
      respond: (response) => this.http.localResponse = response,
    });
    vm.contexts.set(1, this.root);
    vm.contexts.set(2, this.http);
    vm.enter(
      "proxy_on_request_headers",
      settings.onRoot ? this.root : this.http,
    );
  }

  set allocator(mode: number) {
    (this.exports.mode as WebAssembly.Global).value = mode;
  }

  get allocator(): number {
    return (this.exports.mode as WebAssembly.Global).value;
  }

  /** Size of the last allocation, -1 if there was none. */
  get asked(): number {
    return (this.exports.asked as WebAssembly.Global).value;
  }

  /** How often the allocator was called. */
  get allocations(): number {
    return (this.exports.allocations as WebAssembly.Global).value;
  }

  /** Where the normal allocator goes on. */
  get heap(): number {
    return (this.exports.heap as WebAssembly.Global).value >>> 0;
  }

  set heap(address: number) {
    (this.exports.heap as WebAssembly.Global).value = address | 0;
  }
}

/** A command in the middle of its `_start`. */
export class CommandProbe extends GuestMemoryView {
  readonly host: RecordingHost;
  readonly state: CommandState;

  constructor(
    args: string[] = [],
    env: string[] = [],
    host = new RecordingHost(),
    wasiModule = "wasi_snapshot_preview1",
  ) {
    const module = moduleOf(
      probeText([], Object.keys(WASI), "_start", wasiModule),
    );
    const { info, links } = inspected(module);
    const state = new CommandState(host, args, env);
    const instance = new WebAssembly.Instance(
      module,
      importsFor(links, state),
    );
    super(instance.exports, info.suspends);
    state.memory.attach(
      instance.exports.memory as WebAssembly.Memory,
      undefined,
    );
    this.host = host;
    this.state = state;
  }
}
