/** What plugins and commands can do with streams, strings, clocks and random numbers (ABI.md §6.2). */
import assert from "node:assert/strict";
import { bytes } from "../guests.ts";
import { CommandProbe, PAGE, PluginProbe } from "../probe.ts";
import {
  COMMAND_WASI,
  PLUGIN_WASI,
  UNSTABLE_COMMAND_WASI,
} from "../../../abi/wasi/mod.ts";
import { WASI } from "../signatures.ts";

const R = 0x300;
const IOVECS = 0x400;
const DATA = 0x1000;

function plugin(env: string[] = []): PluginProbe {
  return new PluginProbe({
    names: [],
    wasi: Object.keys(WASI),
    options: { env },
  });
}

type Probe = PluginProbe | CommandProbe;

function iovecs(probe: Probe, parts: string[]): number {
  let at = DATA;
  parts.forEach((part, i) => {
    const size = probe.put(at, part);
    probe.view.setUint32(IOVECS + 8 * i, at, true);
    probe.view.setUint32(IOVECS + 8 * i + 4, size, true);
    at += size;
  });
  return parts.length;
}

Deno.test("a plugin's output goes out byte for byte, all parts of a call", () => {
  const probe = plugin();
  const count = iovecs(probe, ["par", "", "tial\n"]);
  assert.equal(probe.call("fd_write", 1, IOVECS, count, R), 0);
  assert.equal(probe.u32(R), 8);
  assert.equal(probe.call("fd_write", 2, IOVECS, 1, R), 0);
  assert.equal(probe.u32(R), 3);
  assert.equal(probe.host.stdout, "partial\n");
  assert.equal(probe.host.stderr, "par");
  assert.equal(probe.call("fd_write", 0, IOVECS, 1, R), 8);
  assert.equal(probe.call("fd_write", 3, IOVECS, 1, R), 8);
});

Deno.test("lists of buffers are checked whole before anything is written", async () => {
  for (const probe of [plugin(), new CommandProbe()]) {
    const write = (...args: number[]) => probe.wait("fd_write", 1, ...args);
    iovecs(probe, ["good", "bad"]);
    probe.view.setUint32(IOVECS + 8, PAGE - 2, true);
    assert.equal(await write(IOVECS, 2, R), 21, "a part past the end");
    probe.view.setUint32(IOVECS + 12, 2, true);
    assert.equal(await write(IOVECS, 2, R), 0);
    probe.view.setUint32(IOVECS + 12, 0xffffffff, true);
    assert.equal(await write(IOVECS, 2, R), 21, "4 GiB");
    assert.equal(await write(PAGE - 8, 2, R), 21, "the list itself");
    assert.equal(await write(-1, 1, R), 21);
    assert.equal(await write(IOVECS, 1025, R), 28, "too many parts");
    assert.equal(await write(IOVECS, -1, R), 28);
    assert.equal(await write(IOVECS, 1, PAGE - 3), 21, "the count");
    assert.equal(await write(IOVECS, 0, R), 0);
    assert.equal(probe.u32(R), 0);
    assert.equal(probe.host.stdout, "good\0\0");
  }
});

Deno.test("a sink that fails a plugin's write does not reach the plugin", async () => {
  const probe = plugin();
  probe.host.write = () => Promise.reject(new Error("gone"));
  iovecs(probe, ["x"]);
  assert.equal(probe.call("fd_write", 1, IOVECS, 1, R), 0);
  await new Promise((resolve) => setTimeout(resolve));
});

/** ABI.md §6.2: arguments and the errno that Envoy gives a plugin. */
const PLUGIN_ROWS: [name: string, args: (number | bigint)[], errno: number][] =
  [
    ["fd_read", [0, IOVECS, 0, R], 52],
    ["fd_prestat_get", [3, R], 8],
    ["fd_prestat_get", [0, R], 8],
    ["fd_prestat_dir_name", [3, R, 4], 52],
    ["fd_filestat_get", [1, R], 8],
    ["fd_fdstat_get", [0, R], 8],
    ["fd_fdstat_get", [3, R], 8],
    ["fd_fdstat_get", [1, PAGE - 23], 21],
    ["fd_fdstat_set_flags", [1, 4], 52],
    ["path_open", [3, 0, 0, 0, 0, 0n, 0n, 0, R], 44],
    ["args_get", [R, R], 0],
    ["sched_yield", [], 0],
    ["clock_time_get", [2, 0n, R], 58],
    ["clock_time_get", [0, 0n, PAGE - 7], 21],
    ["clock_res_get", [2, R], 58],
    ["clock_res_get", [1, R], 0],
    ["random_get", [R, 0], 0],
    ["random_get", [-1, 0], 0],
    ["random_get", [0, 65536], 0],
    ["random_get", [0, 65537], 28],
    ["random_get", [1, 65536], 21],
    ["poll_oneoff", [0, 0, 1, PAGE - 3], 21],
    ["fd_advise", [1, 0n, 0n, 0], 0],
    ["fd_allocate", [1, 0n, 1n], 0],
    ["fd_allocate", [3, 0n, 1n], 8],
    ["fd_close", [1], 0],
    ["fd_datasync", [2], 0],
    ["fd_datasync", [0], 8],
    ["fd_fdstat_set_rights", [1, 0n, 0n], 0],
    ["fd_filestat_set_size", [1, 0n], 0],
    ["fd_filestat_set_size", [3, 0n], 8],
    ["fd_filestat_set_times", [1, 0n, 0n, 0], 0],
    ["fd_pread", [0, IOVECS, 0, 0n, R], 52],
    ["fd_pwrite", [1, IOVECS, 0, 9n, R], 0],
    ["fd_pwrite", [3, IOVECS, 0, 0n, R], 8],
    ["fd_readdir", [3, DATA, 64, 0n, R], 20],
    ["fd_readdir", [3, DATA, 64, 0n, PAGE - 3], 21],
    ["fd_renumber", [1, 2], 58],
    ["fd_renumber", [3, 1], 8],
    ["fd_seek", [1, 0n, 0, R], 0],
    ["fd_sync", [1], 0],
    ["fd_tell", [1, R], 0],
    ["fd_tell", [0, R], 8],
    ["fd_tell", [1, PAGE - 7], 21],
    ["path_create_directory", [3, 0, 1], 58],
    ["path_filestat_get", [3, 0, 0, 1, R], 58],
    ["path_filestat_set_times", [3, 0, 0, 1, 0n, 0n, 0], 58],
    ["path_link", [3, 0, 0, 1, 3, 0, 1], 58],
    ["path_readlink", [3, 0, 1, R, 9, R], 58],
    ["path_remove_directory", [3, 0, 1], 58],
    ["path_rename", [3, 0, 1, 3, 0, 1], 58],
    ["path_symlink", [0, 1, 3, 0, 1], 58],
    ["path_unlink_file", [3, 0, 1], 58],
    ["proc_raise", [0], 0],
    ["sock_accept", [3, 0, R], 58],
    ["sock_recv", [3, IOVECS, 0, 0, R, R], 58],
    ["sock_send", [3, IOVECS, 0, 0, R], 58],
    ["sock_shutdown", [3, 0], 58],
  ];

for (const [name, args, errno] of PLUGIN_ROWS) {
  Deno.test(`a plugin's ${name}(${args.join(", ")}) is ${errno}`, () => {
    assert.equal(plugin().call(name, ...args), errno);
  });
}

Deno.test("a plugin's descriptors 1 and 2 may be written and nothing else", () => {
  const probe = plugin();
  probe.memory.fill(0xaa, R, R + 32);
  for (const fd of [1, 2]) {
    assert.equal(probe.call("fd_fdstat_get", fd, R), 0);
    assert.equal(probe.u64(R), 0n);
    assert.equal(probe.u64(R + 8), 64n);
    assert.equal(probe.u64(R + 16), 0n);
    assert.equal(probe.u64(R + 24), 0xaaaaaaaaaaaaaaaan);
  }
});

Deno.test("a plugin's poll gives no events at once", () => {
  const probe = plugin();
  probe.memory.fill(0xaa, R, R + 8);
  assert.equal(probe.call("poll_oneoff", 0x1000, 0x2000, 1, R), 0);
  assert.equal(probe.u32(R), 0);
  assert.equal(probe.u32(R + 4), 0xaaaaaaaa);
});

Deno.test("a plugin has no arguments and the environment it was given", () => {
  const probe = plugin(["KEY1=VALUE1", "ä=→", "cut=a\0b"]);
  assert.equal(probe.call("args_sizes_get", R, R + 4), 0);
  assert.deepEqual([probe.u32(R), probe.u32(R + 4)], [0, 0]);
  assert.equal(probe.call("environ_sizes_get", R, R + 4), 0);
  const text = "KEY1=VALUE1\0ä=→\0cut=a\0";
  const size = bytes(text).length;
  assert.deepEqual([probe.u32(R), probe.u32(R + 4)], [3, size]);
  // Addresses, then the strings, with a sentinel behind each.
  probe.memory.fill(0xaa, 0x1000, 0x3000);
  assert.equal(probe.call("environ_get", 0x1000, 0x2000), 0);
  assert.deepEqual([...probe.memory.slice(0x2000, 0x2000 + size)], [
    ...bytes(text),
  ]);
  assert.equal(probe.memory[0x2000 + size], 0xaa);
  assert.equal(probe.u32(0x1000), 0x2000);
  assert.equal(probe.u32(0x1004), 0x2000 + 12);
  assert.equal(probe.u32(0x100c), 0xaaaaaaaa);
});

Deno.test("strings that do not fit, or miss by one byte, are 21 and nothing is written", () => {
  const probe = plugin(["A=1", "B=2"]);
  assert.equal(probe.call("environ_get", 0x1000, PAGE - 8), 0);
  assert.equal(probe.call("environ_get", PAGE - 8, 0x1000), 0);
  probe.memory.fill(0xaa);
  const before = probe.memory.slice();
  for (
    const [addresses, at] of [
      [0x1000, PAGE - 7],
      [PAGE - 7, 0x1000],
      [-1, 0x1000],
      [0x1000, -1],
    ] as const
  ) {
    assert.equal(probe.call("environ_get", addresses, at), 21);
    assert.equal(probe.call("environ_sizes_get", PAGE - 3, 0x1000), 21);
    assert.equal(probe.call("environ_sizes_get", 0x1000, PAGE - 3), 21);
  }
  assert.deepEqual(probe.memory.slice(), before);
});

Deno.test("the wall clock is now, the monotonic clock goes forward", () => {
  const probe = plugin();
  let last = 0n;
  for (let i = 0; i < 100; i++) {
    assert.equal(probe.call("clock_time_get", 1, 0n, R), 0);
    assert.ok(probe.u64(R) >= last);
    last = probe.u64(R);
  }
  assert.ok(last > 0n);
  probe.call("clock_time_get", 0, 0n, R);
  const off = probe.u64(R) / 1_000_000n - BigInt(Date.now());
  assert.ok(off > -1000n && off < 1000n, `${off} ms`);
});

Deno.test("a clock's precision is any 64 bits (trap 2)", async () => {
  for (const probe of [plugin(), new CommandProbe()]) {
    for (const precision of [0n, 1n, 2n ** 63n - 1n, -(2n ** 63n), -1n]) {
      probe.memory.fill(0, R, R + 8);
      assert.equal(await probe.wait("clock_time_get", 0, precision, R), 0);
      assert.notEqual(probe.u64(R), 0n);
    }
  }
});

Deno.test("random bytes fill exactly what was asked for; commands may ask for more", () => {
  const probe = plugin();
  assert.equal(probe.call("random_get", 0x100, 32), 0);
  assert.equal(
    probe.memory.slice(0x100, 0x120).every((one) => one === 0),
    false,
  );
  assert.equal(probe.memory[0xff], 0);
  assert.equal(probe.memory[0x120], 0);
  const command = new CommandProbe();
  command.state.memory.attach(
    new WebAssembly.Memory({ initial: 3 }),
    undefined,
  );
  assert.equal(command.call("random_get", 1, 65536 * 2 + 5), 0);
  assert.equal(command.call("random_get", 1, 65536 * 3), 21);
});

Deno.test("a plugin and a command have an answer of their own for each of the 46 functions", () => {
  for (const table of [PLUGIN_WASI, COMMAND_WASI, UNSTABLE_COMMAND_WASI]) {
    assert.deepEqual(
      Object.keys(WASI).filter((name) => !Object.hasOwn(table, name)),
      [],
    );
  }
  assert.equal(Object.keys(WASI).length, 46);
});
