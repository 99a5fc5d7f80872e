/**
 * What modules look like as each toolchain leaves them: which WASI calls they import under which name, how they are
 * started, where their allocator is (ABI.md §2.1, §6.1, and case 1 of §8.7). Real ones are in tests/sdk.
 */
import assert from "node:assert/strict";
import { missingImports, PluginInstance } from "../../abi/mod.ts";
import { moduleOf, options, RecordingHost, request, text } from "./guests.ts";
import { passThrough, PROXY_WASM, WASI } from "./signatures.ts";

const PREVIEW1 = "wasi_snapshot_preview1";
const UNSTABLE = "wasi_unstable";

interface Shape {
  toolchain: string;
  marker: string;
  module: string;
  wasi: string[];
  /** Of `env`, besides those that every guest here calls. */
  env?: string[];
  start: "_initialize" | "_start" | "the start section";
  allocators: string[];
}

/** One of them twice, as Go does. */
const GO = [
  "sched_yield proc_exit args_get args_sizes_get clock_time_get environ_get",
  "environ_sizes_get fd_write fd_write random_get poll_oneoff fd_close",
  "fd_fdstat_get fd_fdstat_set_flags fd_prestat_get fd_prestat_dir_name",
].join(" ").split(" ");

const EMSCRIPTEN = [
  "args_sizes_get args_get proc_exit fd_write fd_seek fd_close",
  "environ_sizes_get environ_get",
].join(" ").split(" ");

const BOTH = ["malloc", "proxy_on_memory_allocate"];

const SHAPES: Shape[] = [
  {
    toolchain: "TinyGo",
    marker: "0_2_0",
    module: PREVIEW1,
    wasi: ["fd_write", "args_sizes_get", "args_get"],
    env: ["proxy_invoke_service"],
    start: "_start",
    allocators: BOTH,
  },
  {
    toolchain: "a newer TinyGo",
    marker: "0_2_0",
    module: PREVIEW1,
    wasi: [
      ...["fd_write", "args_sizes_get", "args_get", "clock_time_get"],
      ...["random_get", "environ_sizes_get", "environ_get", "proc_exit"],
    ],
    start: "_start",
    allocators: BOTH,
  },
  {
    toolchain: "an old TinyGo",
    marker: "0_1_0",
    module: UNSTABLE,
    wasi: ["fd_write"],
    start: "_start",
    allocators: ["malloc"],
  },
  {
    toolchain: "Go as a C library",
    marker: "0_2_0",
    module: PREVIEW1,
    wasi: GO,
    start: "_initialize",
    allocators: ["proxy_on_memory_allocate"],
  },
  {
    toolchain: "Rust for WASI",
    marker: "0_2_1",
    module: PREVIEW1,
    wasi: [
      ...["fd_write", "environ_get", "environ_sizes_get", "proc_exit"],
      ...["random_get", "clock_time_get"],
    ],
    // Its SDK imports all calls, whatever a plugin uses.
    env: Object.keys(PROXY_WASM).filter((name) =>
      !/state|service|configuration|continue_re|route_cache/.test(name)
    ),
    start: "_initialize",
    allocators: ["proxy_on_memory_allocate"],
  },
  {
    toolchain: "Rust without WASI",
    marker: "0_2_0",
    module: PREVIEW1,
    wasi: [],
    env: ["proxy_get_state"],
    start: "_start",
    allocators: ["malloc"],
  },
  {
    toolchain: "AssemblyScript",
    marker: "0_2_1",
    module: UNSTABLE,
    wasi: ["proc_exit"],
    start: "the start section",
    allocators: ["malloc"],
  },
  {
    toolchain: "C++ by an old Emscripten",
    marker: "0_1_0",
    module: UNSTABLE,
    wasi: EMSCRIPTEN,
    start: "_start",
    allocators: ["malloc"],
  },
  {
    toolchain: "C++ by Emscripten",
    marker: "0_2_1",
    module: PREVIEW1,
    wasi: [...EMSCRIPTEN, "random_get"],
    start: "_initialize",
    allocators: ["malloc"],
  },
];

/** The module: says that it was started, and answers the value of `x-one`. */
function moduleLike(shape: Shape): WebAssembly.Module {
  const { marker, module, wasi, env = [], start, allocators } = shape;
  const calls = new Set([
    ...["proxy_log", "proxy_get_header_map_value", "proxy_set_buffer_bytes"],
    ...env,
  ]);
  const imports = [
    ...[...calls].map((name) => passThrough("env", name, PROXY_WASM[name]!)),
    ...wasi.map((name) => passThrough(module, name, WASI[name]!)),
  ].map(({ imported }) => imported);
  // The second of two equal imports needs another name in the text.
  const named = imports.map((text, i) =>
    imports.indexOf(text) === i ? text : text.replace(/\(func \$\S+/, "(func")
  );
  const started = start === "the start section"
    ? "(start $begin)"
    : `(export "${start}" (func $begin))`;
  return moduleOf(`(module ${named.join("\n")}
    (memory (export "memory") 1)
    (data (i32.const 16) "x-one")
    (data (i32.const 24) "started")
    (global $started (mut i32) (i32.const 0))
    (func (export "proxy_abi_version_${marker}"))
    (func $begin (global.set $started (i32.const 7)))
    ${started}
    (func $allocate (param i32) (result i32) (i32.const 1024))
    ${allocators.map((name) => `(export "${name}" (func $allocate))`).join(" ")}
    (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
      (drop (call $proxy_log (i32.const 2) (i32.const 24)
        (global.get $started)))
      (i32.const 1))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (drop (call $proxy_get_header_map_value (i32.const 0) (i32.const 16)
        (i32.const 5) (i32.const 32) (i32.const 36)))
      (drop (call $proxy_set_buffer_bytes (i32.const 1) (i32.const 0)
        (i32.const 0) (i32.load (i32.const 32)) (i32.load (i32.const 36))))
      (i32.const 0)))`);
}

for (const shape of SHAPES) {
  Deno.test(`a module like those of ${shape.toolchain} links, starts and answers`, async () => {
    const module = moduleLike(shape);
    assert.deepEqual(missingImports(module), []);
    const host = new RecordingHost();
    const plugin = await PluginInstance.create(module, host, options());
    assert.deepEqual(host.lines, ["2 started"]);
    const answer = await plugin.handleHttp(request());
    assert.equal(text(answer.body), "1");
    await plugin.end();
  });
}
