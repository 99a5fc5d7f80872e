/** `poll_oneoff` for commands. */
import assert from "node:assert/strict";
import { bytes, RecordingHost } from "../guests.ts";
import { CommandProbe, PAGE } from "../probe.ts";

const IN = 0x1000;
const OUT = 0x2000;
const R = 0x300;

interface Subscription {
  data: bigint;
  type: number;
  fd?: number;
  clock?: number;
  timeout?: bigint;
  flags?: number;
}

function subscribe(probe: CommandProbe, list: Subscription[]): number {
  list.forEach((one, i) => {
    const at = IN + 48 * i;
    probe.view.setBigUint64(at, one.data, true);
    probe.view.setUint8(at + 8, one.type);
    probe.view.setUint32(at + 16, one.fd ?? one.clock ?? 0, true);
    probe.view.setBigUint64(at + 24, one.timeout ?? 0n, true);
    probe.view.setUint16(at + 40, one.flags ?? 0, true);
  });
  return list.length;
}

async function poll(probe: CommandProbe, list: Subscription[]) {
  const count = subscribe(probe, list);
  probe.memory.fill(0xaa, OUT, OUT + 32 * count + 32);
  const errno = await probe.wait("poll_oneoff", IN, OUT, count, R);
  assert.equal(errno, 0);
  const happened = probe.u32(R);
  assert.equal(probe.u64(OUT + 32 * happened), 0xaaaaaaaaaaaaaaaan);
  return Array.from({ length: happened }, (_, i) => {
    const at = OUT + 32 * i;
    return [
      probe.u64(at),
      probe.view.getUint16(at + 8, true),
      probe.view.getUint8(at + 10),
      probe.u64(at + 16),
    ];
  });
}

const MS = 1_000_000n;

Deno.test("a clock really sleeps, on either clock, relative and absolute", async () => {
  const probe = new CommandProbe();
  const now = async (clock: number) => {
    await probe.wait("clock_time_get", clock, 0n, R);
    return probe.u64(R);
  };
  for (const clock of [0, 1]) {
    for (const flags of [0, 1]) {
      const begun = await now(clock);
      const timeout = flags === 1 ? begun + 20n * MS : 20n * MS;
      const events = await poll(probe, [
        { data: 7n, type: 0, clock, timeout, flags },
      ]);
      assert.deepEqual(events, [[7n, 0, 0, 0n]]);
      assert.ok(await now(clock) - begun >= 19n * MS);
    }
  }
});

Deno.test("of several clocks the first to ring is the event", async () => {
  const events = await poll(new CommandProbe(), [
    { data: 1n, type: 0, clock: 1, timeout: 3_600_000n * MS },
    { data: 2n, type: 0, clock: 1, timeout: 5n * MS },
  ]);
  assert.deepEqual(events, [[2n, 0, 0, 0n]]);
});

Deno.test("stdin that has bytes comes before the clock, with their number; they can be read after", async () => {
  const host = new RecordingHost();
  host.stdin = [bytes("hello")];
  const probe = new CommandProbe([], [], host);
  const events = await poll(probe, [
    { data: 1n, type: 1, fd: 0 },
    { data: 2n, type: 0, clock: 1, timeout: 3_600_000n * MS },
  ]);
  assert.deepEqual(events, [[1n, 0, 1, 5n]]);
  probe.view.setUint32(0x400, 0x500, true);
  probe.view.setUint32(0x404, 9, true);
  assert.equal(await probe.wait("fd_read", 0, 0x400, 1, R), 0);
  assert.equal(probe.u32(R), 5);
  assert.deepEqual(probe.memory.slice(0x500, 0x505), bytes("hello"));
});

Deno.test("stdin that stays silent lets the clock ring", async () => {
  const host = new RecordingHost();
  host.read = () => new Promise(() => {});
  const events = await poll(new CommandProbe([], [], host), [
    { data: 1n, type: 1, fd: 0 },
    { data: 2n, type: 0, clock: 1, timeout: 5n * MS },
  ]);
  assert.deepEqual(events, [[2n, 0, 0, 0n]]);
});

Deno.test("writing is ready at once; what is wrong is an event with its errno", async () => {
  const events = await poll(new CommandProbe(), [
    { data: 1n, type: 2, fd: 1 },
    { data: 2n, type: 1, fd: 99 },
    { data: 3n, type: 0, clock: 5 },
    { data: 4n, type: 9 },
    { data: 5n, type: 0, clock: 1, timeout: 3_600_000n * MS },
  ]);
  assert.deepEqual(events.map(([data, errno]) => [data, errno]), [
    [1n, 0],
    [2n, 8],
    [3n, 58],
    [4n, 28],
  ]);
});

Deno.test("no subscriptions are 28, too many are 28, bad addresses are 21", async () => {
  const probe = new CommandProbe();
  subscribe(probe, [{ data: 1n, type: 0, clock: 1 }]);
  const call = (...args: number[]) => probe.wait("poll_oneoff", ...args);
  assert.equal(await call(IN, OUT, 0, R), 28);
  assert.equal(await call(IN, OUT, 1025, R), 28);
  assert.equal(await call(PAGE - 47, OUT, 1, R), 21);
  assert.equal(await call(IN, PAGE - 31, 1, R), 21);
  assert.equal(await call(IN, OUT, 1, PAGE - 3), 21);
  assert.equal(await call(-1, OUT, 1, R), 21);
});
