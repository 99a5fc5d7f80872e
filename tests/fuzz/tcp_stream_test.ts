/** Both directions of a TCP connection, in any order of what comes and of what the guest answers and asks for. */
import assert from "node:assert/strict";
import type { Callbacks } from "../../abi/proxywasm/callbacks.ts";
import type { TcpContext } from "../../abi/proxywasm/contexts.ts";
import { NOBODY } from "../../abi/proxywasm/callback_queue.ts";
import { TcpStream } from "../../abi/proxywasm/tcp_stream.ts";
import type { GuestFunction } from "../../abi/suspend.ts";
import { PluginProbe } from "../abi/probe.ts";
import { Choices } from "./engine/choices.ts";
import { fuzz } from "./engine/fuzz.ts";
import { randomSource } from "./engine/random.ts";

const SIDES = ["downstream", "upstream"] as const;
type Side = typeof SIDES[number];

/** Bytes are numbered from 0, so there are no more than 256. */
const MOST_BYTES = 250;

/** One direction: what came, what the guest was shown, what went on. */
class Way {
  came = 0;
  cameEnd = false;
  shown = 0;
  shownEnd = false;
  readonly went: number[] = [];
  wentEnd = false;
  pressed = false;
  /** The guest's last answer was to wait, and since it was asked nobody wished to go on. */
  paused = false;
  continued = false;
}

class TcpWorld {
  readonly ways = { downstream: new Way(), upstream: new Way() };
  readonly stream: TcpStream;
  calm = false;
  suspended: (() => void) | undefined;
  accepted = false;
  /** What throws in a callback would be taken for the guest's trap. */
  wrong: unknown;
  readonly #choices: Choices;
  readonly #probe = new PluginProbe({ names: [] });
  readonly #silent: boolean;

  constructor(choices: Choices) {
    this.#choices = choices;
    this.#silent = choices.below(8) === 1;
    const { vm, root } = this.#probe;
    this.stream = new TcpStream(vm, this.#callbacks(), root, {
      accepted: () => {
        this.#check(() => assert.ok(!this.accepted, "accepted twice"));
        this.accepted = true;
      },
      up: (bytes, end) => this.#wentOn("downstream", bytes, end),
      down: (bytes, end) => this.#wentOn("upstream", bytes, end),
      close: () => {},
      pressure: (side, on) => {
        const way = this.ways[side];
        this.#check(() => assert.notEqual(way.pressed, on, "pressure twice"));
        way.pressed = on;
      },
      failed: ({ cause }) => this.wrong ??= cause,
    }, choices.of([200, 20, 5]));
  }

  feed(side: Side): void {
    const way = this.ways[side];
    if (way.cameEnd) return;
    const from = way.came;
    way.came = Math.min(MOST_BYTES, from + this.#choices.below(10));
    way.cameEnd = this.#choices.below(8) === 1;
    const bytes = Uint8Array.from(
      { length: way.came - from },
      (_, i) => from + i,
    );
    if (bytes.length === 0 && !way.cameEnd) return;
    if (side === "downstream") this.stream.fromDownstream(bytes, way.cameEnd);
    else this.stream.fromUpstream(bytes, way.cameEnd);
  }

  /** Another context's callback, which may ask for a side that waits, and may be suspended. */
  elsewhere(side: Side | undefined, suspends: boolean): void {
    const { vm, root } = this.#probe;
    const tick: GuestFunction = () => {
      if (side !== undefined) this.goOn(side);
      return suspends && !this.calm ? this.#suspend(() => {}, 0) : 0;
    };
    vm.queue.call("proxy_on_tick", root, tick, 1, 0, 0, NOBODY);
  }

  goOn(side: Side): void {
    const { control } = this.#context;
    this.ways[side].continued = true;
    if (side === "downstream") control.continueDownstream();
    else control.continueUpstream();
  }

  settle(): void {
    const { suspended } = this;
    this.suspended = undefined;
    suspended?.();
  }

  /** Nothing waits any more. */
  checkAll(): void {
    if (this.wrong) throw this.wrong;
    assert.ok(this.accepted);
    for (const way of Object.values(this.ways)) {
      assert.equal(way.went.length, way.came, "bytes that went on");
      assert.equal(way.wentEnd, way.cameEnd, "the end");
      assert.equal(way.pressed, false, "the source waits for nothing");
    }
  }

  get #context(): TcpContext {
    for (const { tcp } of this.#probe.vm.contexts.values()) if (tcp) return tcp;
    throw new Error("the connection has no context");
  }

  #callbacks(): Callbacks {
    const data = (side: Side): GuestFunction => (_id, size, end) => {
      const way = this.ways[side];
      this.#check(() => {
        const bytes = this.#context[side]!.view();
        assert.equal(bytes.length, size, "the size that is said");
        assert.deepEqual([...bytes], range(way.went.length, bytes.length));
        way.shown = way.went.length + bytes.length;
        assert.ok(!way.shownEnd || way.paused, "data after an end");
        way.shownEnd = end === 1;
      });
      way.continued = false;
      return this.#answer((answer) => way.paused = answer !== 0);
    };
    return {
      proxy_on_new_connection: () =>
        this.#answer((answer) => {
          if (answer === 0) return;
          this.ways.downstream.paused = true;
        }),
      ...!this.#silent && {
        proxy_on_downstream_data: data("downstream"),
        proxy_on_upstream_data: data("upstream"),
      },
    } as unknown as Callbacks;
  }

  #answer(heard: (answer: number) => void): number | Promise<number> {
    const answer = this.calm ? 0 : this.#choices.below(2);
    const what = this.calm ? 0 : this.#choices.below(10);
    if (what >= 6) this.goOn(SIDES[what % 2]!);
    if (what === 1 || what === 9) return this.#suspend(heard, answer);
    heard(answer);
    return answer;
  }

  #suspend(heard: (answer: number) => void, answer: number): Promise<number> {
    return new Promise((resolve) => {
      this.suspended = () => {
        heard(answer);
        resolve(answer);
      };
    });
  }

  #wentOn(side: Side, bytes: Uint8Array, end: boolean): void {
    const way = this.ways[side];
    this.#check(() => {
      assert.ok(side === "upstream" || this.accepted, "sent before accepted");
      assert.ok(!way.wentEnd, "something went on after the end");
      assert.deepEqual([...bytes], range(way.went.length, bytes.length));
      if (this.#silent) return;
      const waits = way.paused && !way.continued;
      assert.ok(!waits, "something went on while the guest wanted it to wait");
      const seen = way.went.length + bytes.length <= way.shown;
      assert.ok(seen, "bytes went on without being shown");
    });
    way.went.push(...bytes);
    way.wentEnd = end;
  }

  #check(look: () => void): void {
    try {
      look();
    } catch (error) {
      this.wrong ??= error;
    }
  }
}

function range(from: number, length: number): number[] {
  return Array.from({ length }, (_, i) => from + i);
}

const random = randomSource(7);

fuzz({
  says:
    "nothing of a connection is lost, doubled or out of order, whatever the guest answers",
  name: "tcp_stream",
  corpus: Array.from(
    { length: 64 },
    () => Uint8Array.from({ length: 120 }, () => random(256)),
  ),
  minimum: 1_000,
  most: 200,
  async run(input) {
    const choices = new Choices(input);
    const world = new TcpWorld(choices);
    world.stream.open();
    while (!choices.over) {
      const side = choices.of([...SIDES, undefined]);
      const what = choices.below(6);
      if (what === 5) world.settle();
      else if (what === 4) world.elsewhere(side, choices.below(4) === 1);
      else if (side !== undefined) world.feed(side);
      await undefined;
      await undefined;
    }
    world.calm = true;
    for (let i = 0; i < 5; i++) {
      world.settle();
      await undefined;
      await undefined;
      for (const side of SIDES) world.elsewhere(side, false);
    }
    world.checkAll();
    return true;
  },
});
