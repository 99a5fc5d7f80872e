/** What a command can do with itself: signals, clocks, waiting, and sockets it does not have. */
import assert from "node:assert/strict";
import { runCommand } from "../../../abi/mod.ts";
import { bytes, moduleOf, RecordingHost } from "../guests.ts";
import { PAGE } from "../probe.ts";
import { R, World } from "./world.ts";

/** Signals by WASI's numbers, and the exit code, or the errno that the guest goes on with. */
const SIGNALS: [signal: number, outcome: { exit: number } | number][] = [
  [0, 0],
  [1, { exit: 129 }],
  [6, { exit: 134 }],
  [9, { exit: 137 }],
  [15, { exit: 143 }],
  [16, 0],
  [17, 0],
  [18, 58],
  [21, 58],
  [22, 0],
  [23, { exit: 152 }],
  [27, 0],
  [30, { exit: 159 }],
  [31, 28],
  [-1, 28],
];

for (const [signal, outcome] of SIGNALS) {
  const said = typeof outcome === "number" ? outcome : `exit ${outcome.exit}`;
  Deno.test(`a command that raises signal ${signal} hears ${said}`, async () => {
    const module = moduleOf(`(module
      (import "wasi_snapshot_preview1" "proc_raise"
        (func $raise (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (call $exit (call $raise (i32.const ${signal})))))`);
    const code = await runCommand(module, new RecordingHost(), {
      args: [],
      env: [],
    });
    assert.equal(code, typeof outcome === "number" ? outcome : outcome.exit);
  });
}

Deno.test("clocks 2 and 3 run while the guest does, not while it waits", async () => {
  using world = new World();
  const { guest } = world;
  const now = async (clock: number) => {
    assert.equal(await world.call("clock_time_get", clock, 0n, R), 0);
    return guest.u64(R);
  };
  const { state } = guest;
  const begun = performance.now();
  const before = [await now(2), await now(3)];
  let wake = () => {};
  const waiting = state.waiting(new Promise<void>((resolve) => wake = resolve));
  const asleep = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const slept = performance.now() - asleep;
  wake();
  await waiting;
  const ran = [await now(2) - before[0]!, await now(3) - before[1]!];
  // All that passed but for what was slept, and that is less than what was waited.
  const most = (performance.now() - begun - slept) * 1e6 + 1000;
  for (const one of ran) assert(one > 0n && Number(one) <= most, `${ran}`);
  for (const clock of [0, 1, 2, 3]) {
    assert.equal(await world.call("clock_res_get", clock, R), 0);
    assert.equal(guest.u64(R), 1n);
  }
  assert.equal(await world.call("clock_time_get", 4, 0n, R), 58);
  assert.equal(await world.call("clock_res_get", 4, R), 58);
  assert.equal(await world.call("clock_time_get", 2, 0n, PAGE - 7), 21);
});

/** Calls of sockets, with arguments that would do for one. */
const SOCKETS: [name: string, ...args: number[]][] = [
  ["sock_accept", 0, R],
  ["sock_recv", R, 0, 0, R, R],
  ["sock_send", R, 0, 0, R],
  ["sock_shutdown", 3],
];

for (const [name, ...args] of SOCKETS) {
  Deno.test(`${name} of what is no socket is 57, of nothing 8`, async () => {
    using world = new World();
    const file = await world.open("a.txt");
    for (const fd of [0, 1, 3, file]) {
      assert.equal(await world.call(name, fd, ...args), 57);
    }
    assert.equal(await world.call(name, 99, ...args), 8);
  });
}

/** One subscription of a kind at 0x4000, in either layout. */
function subscribe(
  world: World,
  unstable: boolean,
  { type, of, timeout = 0n }: { type: number; of: number; timeout?: bigint },
): void {
  const { memory, view } = world.guest;
  memory.fill(0, 0x4000, 0x4038);
  view.setBigUint64(0x4000, 7n, true);
  view.setUint8(0x4008, type);
  const clock = unstable && type === 0;
  view.setUint32(clock ? 0x4018 : 0x4010, of, true);
  if (type === 0) view.setBigUint64(clock ? 0x4020 : 0x4018, timeout, true);
}

for (const name of ["wasi_snapshot_preview1", "wasi_unstable"]) {
  Deno.test(`under ${name} a clock is waited for, and stdin until it ends`, async () => {
    using world = new World(name);
    const unstable = name === "wasi_unstable";
    const { guest, host } = world;
    const poll = async () => {
      guest.memory.fill(0xaa, 0x5000, 0x5040);
      assert.equal(await world.call("poll_oneoff", 0x4000, 0x5000, 1, R), 0);
      assert.equal(guest.u32(R), 1);
      assert.equal(guest.u64(0x5000), 7n);
      return {
        errno: guest.view.getUint16(0x5008, true),
        type: guest.memory[0x500a],
        bytes: guest.u64(0x5010),
        flags: guest.view.getUint16(0x5018, true),
      };
    };
    const begun = performance.now();
    subscribe(world, unstable, { type: 0, of: 1, timeout: 30_000_000n });
    assert.equal((await poll()).errno, 0);
    assert(performance.now() - begun >= 29);
    host.stdin = [bytes("abc")];
    subscribe(world, unstable, { type: 1, of: 0 });
    assert.deepEqual(await poll(), { errno: 0, type: 1, bytes: 3n, flags: 0 });
    assert.equal(await world.read(0, 9), "abc");
    assert.deepEqual(await poll(), { errno: 0, type: 1, bytes: 0n, flags: 1 });
    assert.equal(await world.read(0, 9), "");
    subscribe(world, unstable, { type: 1, of: 99 });
    assert.equal((await poll()).errno, 8);
  });
}

Deno.test("stdin without waiting is 6 until there is something", async () => {
  using world = new World();
  let arrive: (data: Uint8Array) => void = () => {};
  world.host.read = () => new Promise((resolve) => arrive = resolve);
  assert.equal(await world.call("fd_fdstat_set_flags", 0, 4), 0);
  assert.equal(await world.read(0, 9), 6);
  assert.equal(await world.read(0, 9), 6);
  arrive(bytes("now"));
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(await world.read(0, 9), "now");
  assert.equal(await world.read(0, 9), 6);
});
