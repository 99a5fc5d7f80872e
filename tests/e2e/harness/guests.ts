/**
 * Guests for end-to-end tests, written as WebAssembly text so that each import, export and byte is in sight.
 * Commands are WASI programs (`_start`); functions are proxy-wasm modules that answer over HTTP.
 */
import wabt from "wabt";

const assembler = wabt();

/** The bytes of a module in text form, its names among them. */
export async function assemble(text: string): Promise<Uint8Array> {
  const { parseWat } = await assembler;
  const module = parseWat("guest.wat", text);
  const { buffer } = module.toBinary({ write_debug_names: true });
  module.destroy();
  return buffer;
}

export interface CommandOptions {
  out?: string;
  err?: string;
  /** Exit code; undefined means to return from `_start`. */
  code?: number;
  /** Ends in a trap instead. */
  trap?: boolean;
}

/** A command that prints and ends. */
export async function command(options: CommandOptions): Promise<Uint8Array> {
  const { out = "", err = "", code, trap } = options;
  const end = trap
    ? "unreachable"
    : code === undefined
    ? ""
    : `(call $exit (i32.const ${code}))`;
  return await assemble(`(module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 4)
    (data (i32.const 1024) ${quote(out)})
    (data (i32.const 131072) ${quote(err)})
    ${PRINT}
    (func (export "_start")
      (call $print (i32.const 1) (i32.const 1024) (i32.const ${size(out)}))
      (call $print (i32.const 2) (i32.const 131072) (i32.const ${size(err)}))
      ${end}))`);
}

/** A command that copies its standard input to its standard output until the input ends. */
export async function copy(): Promise<Uint8Array> {
  return await assemble(`(module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read"
      (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    ${PRINT}
    ${POUR}
    (func (export "_start") (call $pour (i32.const 0))))`);
}

/** A command that prints a file of its first preopened folder: exit code 0, or the errno of the open call. */
export async function show(path: string): Promise<Uint8Array> {
  return await assemble(`(module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read"
      (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 1024) ${quote(path)})
    ${PRINT}
    ${POUR}
    (func (export "_start")
      (local $errno i32)
      ;; rights: fd_read (2) and fd_seek (4); opened descriptor goes to 64
      (local.set $errno (call $open (i32.const 3) (i32.const 1)
        (i32.const 1024) (i32.const ${size(path)}) (i32.const 0)
        (i64.const 6) (i64.const 0) (i32.const 0) (i32.const 64)))
      (if (local.get $errno) (then (call $exit (local.get $errno))))
      (call $pour (i32.load (i32.const 64)))
      (call $exit (i32.const 0))))`);
}

/** A command that takes ever more memory and writes into all of it. */
export async function hog(): Promise<Uint8Array> {
  const step = 10 * 1024 * 1024;
  return await assemble(`(module
    (memory (export "memory") 1)
    (func (export "_start")
      (local $at i32)
      (loop $more
        (local.set $at (i32.shl (memory.size) (i32.const 16)))
        (if (i32.eq (memory.grow (i32.const ${step / 65536})) (i32.const -1))
          (then unreachable))
        (memory.fill (local.get $at) (i32.const 1) (i32.const ${step}))
        (br $more))))`);
}

export interface FunctionOptions {
  /** What `proxy_get_id` tells; undefined leaves that export out. */
  id?: string;
  answer: string;
  /** Printed to stdout at each request. */
  out?: string;
  /** Traps when a request comes. */
  trap?: boolean;
  /** Never returns from a request. */
  loop?: boolean;
  /** Milliseconds it is busy when its plugin starts, without a pause. */
  busy?: number;
  /** An import that no host has. */
  unknownImport?: string;
}

/** A function that answers every request with the same text. */
export async function fn(options: FunctionOptions): Promise<Uint8Array> {
  const { id, answer, out = "", trap, loop, unknownImport, busy = 0 } = options;
  const stranger = unknownImport === undefined
    ? ""
    : `(import "env" "${unknownImport}" (func (param i32) (result i32)))`;
  const getId = id === undefined ? "" : `(func (export "proxy_get_id")
      (drop (call $set (i32.const 8) (i32.const 0) (i32.const ${size(id)})
        (i32.const 1024) (i32.const ${size(id)}))))`;
  return await assemble(`(module
    ${stranger}
    (import "env" "proxy_set_buffer_bytes"
      (func $set (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get"
      (func $clock (param i32 i64 i32) (result i32)))
    (memory (export "memory") 4)
    (global $free (mut i32) (i32.const 196608))
    (data (i32.const 1024) ${quote(id ?? "")})
    (data (i32.const 2048) ${quote(answer)})
    (data (i32.const 65536) ${quote(out)})
    ${PRINT}
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "malloc") (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $free))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (local.get $at))
    (func (export "_start"))
    ${getId}
    (func (export "proxy_on_context_create") (param i32 i32))
    (func $now (result i64)
      (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 64)))
      (i64.load (i32.const 64)))
    (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
      (local $end i64)
      (local.set $end (i64.add (call $now) (i64.const ${busy * 1_000_000})))
      (loop $on (br_if $on (i64.lt_s (call $now) (local.get $end))))
      (i32.const 1))
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
      (i32.const 1))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      ${trap ? "unreachable" : ""}
      ${loop ? "(loop $ever (br $ever))" : ""}
      (call $print (i32.const 1) (i32.const 65536) (i32.const ${size(out)}))
      (drop (call $set (i32.const 1) (i32.const 0) (i32.const ${size(answer)})
        (i32.const 2048) (i32.const ${size(answer)})))
      (i32.const 0))
    (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
      (i32.const 0))
    (func (export "proxy_on_done") (param i32) (result i32) (i32.const 1))
    (func (export "proxy_on_delete") (param i32)))`);
}

/** Writes all bytes of a range to a descriptor, as often as it takes. The list of one range lies at 0, the count at 8. */
const PRINT = `(func $print (param $fd i32) (param $at i32) (param $left i32)
  (block $done (loop $more
    (br_if $done (i32.eqz (local.get $left)))
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $left))
    (br_if $done (call $write (local.get $fd) (i32.const 0) (i32.const 1)
      (i32.const 8)))
    (local.set $at (i32.add (local.get $at) (i32.load (i32.const 8))))
    (local.set $left (i32.sub (local.get $left) (i32.load (i32.const 8))))
    (br $more))))`;

/** Copies a descriptor to standard output until it ends, 4096 bytes at a time. */
const POUR = `(func $pour (param $fd i32)
  (block $done (loop $more
    (i32.store (i32.const 16) (i32.const 8192))
    (i32.store (i32.const 20) (i32.const 4096))
    (br_if $done (call $read (local.get $fd) (i32.const 16) (i32.const 1)
      (i32.const 24)))
    (br_if $done (i32.eqz (i32.load (i32.const 24))))
    (call $print (i32.const 1) (i32.const 8192) (i32.load (i32.const 24)))
    (br $more))))`;

function size(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A string of the text format, every byte escaped that is not a plain letter. */
function quote(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  const escaped = bytes.map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\${byte.toString(16).padStart(2, "0")}`
  );
  return `"${escaped.join("")}"`;
}
