/** Timers and queue notices against an instance that only says when it was called. */
import assert from "node:assert/strict";
import type { PluginInstance } from "../../../abi/mod.ts";
import { Notices } from "../../../runtime/isolate/worker/notices.ts";
import { Timers } from "../../../runtime/isolate/worker/timers.ts";

/** As much of an instance as timers and notices use. While `held`, a callback is under way. */
class Called {
  readonly calls: string[] = [];
  failed = false;
  held = false;
  #later: (() => void)[] = [];

  get busy(): boolean {
    return this.held;
  }
  tick(root: number): void {
    this.#call(`tick ${root}`);
  }
  queueReady(queue: number, root: number): void {
    this.#call(`queue ${queue} root ${root}`);
  }
  later(work: () => void): void {
    if (this.held) this.#later.push(work);
    else work();
  }
  /** The callback that was under way ends. */
  release(): void {
    this.held = false;
    while (!this.held && this.#later.length > 0) this.#later.shift()!();
  }
  #call(what: string): void {
    this.later(() => this.calls.push(what));
  }

  get instance(): PluginInstance {
    return this as unknown as PluginInstance;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

Deno.test("a timer begins when the instance has started, and ticks until it is ended", async () => {
  const called = new Called();
  const timers = new Timers();
  timers.set(7, 1);
  await pause();
  assert.deepEqual(called.calls, []);
  timers.attach(called.instance);
  await until(() => called.calls.length >= 3);
  timers.set(7, 0);
  const { length } = called.calls;
  await pause();
  assert.equal(called.calls.length, length);
  assert.ok(called.calls.every((call) => call === "tick 7"));
  timers.stop();
});

Deno.test("roots have timers of their own (trap 32)", async () => {
  const called = new Called();
  const timers = new Timers();
  timers.attach(called.instance);
  timers.set(1, 1);
  timers.set(2, 1);
  timers.set(3, 0xffff_ffff);
  await until(() =>
    called.calls.includes("tick 1") && called.calls.includes("tick 2")
  );
  timers.set(1, 0);
  called.calls.length = 0;
  await until(() => called.calls.length >= 2);
  assert.ok(called.calls.every((call) => call === "tick 2"));
  timers.stop();
});

Deno.test("ticks neither overlap nor pile up while a callback is under way", async () => {
  const called = new Called();
  const timers = new Timers();
  timers.attach(called.instance);
  called.held = true;
  timers.set(1, 1);
  await pause();
  called.release();
  assert.deepEqual(called.calls, ["tick 1"]);
  timers.stop();
});

Deno.test("a timer that is stopped, or whose instance failed, ticks no more", async () => {
  const stopped = new Called();
  const timers = new Timers();
  timers.attach(stopped.instance);
  timers.set(1, 1);
  timers.stop();
  timers.set(1, 1);
  const failed = new Called();
  const others = new Timers();
  others.attach(failed.instance);
  others.set(1, 1);
  failed.failed = true;
  await pause();
  assert.deepEqual([stopped.calls, failed.calls], [[], []]);
});

function notice(count: number, queue = 4) {
  return { t: "queued", fn: 1, instance: 2, root: 3, queue, count } as const;
}

Deno.test("notices wait for the start of their instance, and each is one call", () => {
  const called = new Called();
  const notices = new Notices();
  notices.take(notice(2));
  notices.take(notice(1));
  notices.attach(called.instance);
  notices.take(notice(1, 5));
  assert.deepEqual(called.calls, [
    ...Array(3).fill("queue 4 root 3"),
    "queue 5 root 3",
  ]);
});

Deno.test("notices wait for the callback that is under way", () => {
  const called = new Called();
  const notices = new Notices();
  notices.attach(called.instance);
  called.held = true;
  notices.take(notice(2));
  assert.deepEqual(called.calls, []);
  called.release();
  assert.equal(called.calls.length, 2);
});

Deno.test("many notices come in turns, and what waits is bounded", async () => {
  const called = new Called();
  const notices = new Notices();
  notices.attach(called.instance);
  notices.take(notice(1000));
  const atOnce = called.calls.length;
  assert.ok(atOnce > 0 && atOnce < 1000);
  await until(() => called.calls.length === 1000);
  called.held = true;
  notices.take(notice(60_000));
  notices.take(notice(60_000));
  called.release();
  await until(() => called.calls.length >= 1000 + 65_536);
  await pause();
  assert.equal(called.calls.length, 1000 + 65_536);
});

Deno.test("an instance that failed hears of nothing", () => {
  const called = new Called();
  const notices = new Notices();
  notices.attach(called.instance);
  called.failed = true;
  notices.take(notice(3));
  assert.deepEqual(called.calls, []);
});
