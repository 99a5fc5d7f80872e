/**
 * Modules of newer WebAssembly load and run: a plugin for each feature whose `proxy_on_request_headers` computes 42 by
 * means of it and traps on anything else. So no Deno can lose one silently.
 */
import assert from "node:assert/strict";
import wabt from "wabt";
import { PluginInstance } from "../../abi/mod.ts";
import { admitModule } from "../../runtime/module/admit.ts";
import { options, RecordingHost, request } from "./guests.ts";

const tools = await wabt();

const FEATURES = {
  exceptions: true,
  simd: true,
  threads: true,
  tail_call: true,
  memory64: true,
  multi_value: true,
};

/** A plugin that goes on if `body` gives 42. */
function plugin(
  body: string,
  more = "",
  memory = `(memory (export "memory") 1)`,
  said = "(i32.const 16)",
): Uint8Array<ArrayBuffer> {
  const text = `(module
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    ${memory}
    (data ${said} "said")
    ${more}
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (drop (call $log (i32.const 2) (i32.const 16) (i32.const 4)))
      (if (i32.ne ${body} (i32.const 42)) (then unreachable))
      (i32.const 0)))`;
  const module = tools.parseWat("modern.wat", text, FEATURES);
  const { buffer } = module.toBinary({});
  module.destroy();
  return buffer.slice();
}

/** Runs a module as a plugin: it has to link, start, log and answer. */
async function runs(bytes: Uint8Array<ArrayBuffer>, logs = true) {
  const host = new RecordingHost();
  const module = await admitModule(bytes);
  const instance = await PluginInstance.create(module, host, options());
  const { status } = await instance.handleHttp(request());
  assert.equal(status, 200);
  if (logs) assert.deepEqual(host.lines, ["2 said"]);
}

Deno.test("SIMD", () =>
  runs(plugin(`(i32x4.extract_lane 3 (i32x4.add
    (v128.const i32x4 1 2 3 40) (i32x4.splat (i32.const 2))))`)));

Deno.test("threads: a shared memory, atomic instructions", () =>
  runs(plugin(
    `(block (result i32)
      (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 42)))
      (drop (memory.atomic.notify (i32.const 64) (i32.const 1)))
      (i32.atomic.load (i32.const 64)))`,
    "",
    `(memory (export "memory") 1 2 shared)`,
  )));

Deno.test("exceptions as they were first (try and catch)", () =>
  runs(plugin(
    `(try (result i32) (do (throw $e (i32.const 42))) (catch $e))`,
    `(tag $e (param i32))`,
  )));

Deno.test("tail calls: a million deep without a stack", () =>
  runs(plugin(
    `(call $count (i32.const 1000000))`,
    `(func $count (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 42))))
      (return_call $count (i32.sub (local.get 0) (i32.const 1))))`,
  )));

Deno.test("multi-value", () =>
  runs(plugin(
    `(i32.sub (call $two))`,
    `(func $two (result i32 i32) (i32.const 50) (i32.const 8))`,
  )));

Deno.test("memory64: addresses of 64 bits, whose low half the host is given", () =>
  runs(plugin(
    `(block (result i32)
      (i32.store (i64.const 64) (i32.const 42))
      (i32.load (i64.const 64)))`,
    "",
    `(memory (export "memory") i64 1)`,
    "(i64.const 16)",
  )));

/** A section of a binary module: its number, then its content with the length before it. */
function section(id: number, ...content: number[]): number[] {
  return [id, content.length, ...content];
}

/** A name in a binary module. */
function name(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

/** A function's body with its length before it. */
function code(...bytes: number[]): number[] {
  return [bytes.length, ...bytes];
}

/** What wabt cannot write, byte by byte: a plugin of one type of its own (0), other sections and one function's body. */
function binary(
  type: number[],
  sections: number[],
  body: number[],
): Uint8Array<ArrayBuffer> {
  const I32 = 0x7f;
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // Types: the given one, () -> (), (i32, i32, i32) -> i32.
    ...section(1, 3, ...type, 0x60, 0, 0, 0x60, 3, I32, I32, I32, 1, I32),
    ...section(3, 2, 1, 2),
    ...section(5, 1, 0, 1),
    ...sections,
    ...section(
      7,
      3,
      ...[...name("memory"), 2, 0],
      ...[...name("proxy_abi_version_0_2_1"), 0, 0],
      ...[...name("proxy_on_request_headers"), 0, 1],
    ),
    // After the body: if it is not 42, unreachable; else 0.
    ...section(
      10,
      2,
      ...code(0, 0x0b),
      ...code(...body, 0x41, 42, 0x47, 0x04, 0x40, 0x00, 0x0b, 0x41, 0, 0x0b),
    ),
  ]);
}

Deno.test("exceptions as they are now (try_table)", () =>
  runs(
    binary(
      [0x60, 1, 0x7f, 0],
      // A tag of type 0.
      section(13, 1, 0, 0),
      [
        0,
        ...[0x02, 0x7f], // block (result i32)
        ...[0x1f, 0x40, 1, 0, 0, 0], // try_table, catch tag 0 to the block
        ...[0x41, 42, 0x08, 0], // i32.const 42, throw 0
        ...[0x0b, 0x00, 0x0b], // end, unreachable, end
      ],
    ),
    false,
  ));

Deno.test("GC: a structure is made, changed and read", () =>
  runs(
    binary(
      [0x5f, 1, 0x7f, 1], // (struct (field (mut i32)))
      [],
      [
        ...[1, 1, 0x63, 0], // one local (ref null 0)
        ...[0x41, 40, 0xfb, 0, 0, 0x21, 3], // i32.const 40, struct.new 0, local.set 3
        ...[0x20, 3, 0x20, 3, 0xfb, 2, 0, 0], // local.get 3 twice, struct.get 0 0
        ...[0x41, 2, 0x6a, 0xfb, 5, 0, 0], // i32.const 2, i32.add, struct.set 0 0
        ...[0x20, 3, 0xfb, 2, 0, 0], // local.get 3, struct.get 0 0
      ],
    ),
    false,
  ));
