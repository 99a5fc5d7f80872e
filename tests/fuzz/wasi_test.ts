/** Lists, paths, subscriptions and cookies of WASI calls, over real files. */
import assert from "node:assert/strict";
import type { Argument } from "../abi/probe.ts";
import { WASI } from "../abi/signatures.ts";
import { DATA, IOVEC, NEW_PATH, PATH, R, World } from "../abi/wasi/world.ts";
import { Choices } from "./engine/choices.ts";
import { fuzz } from "./engine/fuzz.ts";
import { randomSource } from "./engine/random.ts";

const NAMES = Object.keys(WASI).filter((name) => !name.startsWith("proc_"));
const ADDRESSES = [PATH, NEW_PATH, R, IOVEC, DATA];
const PATHS = [
  ...["a.txt", "dir", "dir/sub", "to-dir/b.txt", "link", "loop", "dangling"],
  ...[".", "..", "dir/../../x", "/a.txt", "new", "new/", "", "a\0b"],
];
/** The most descriptors that a guest may have. */
const MAX_OPEN = 4096;

/** What a call may be passed, by its type. */
function argument(type: string, choices: Choices): Argument {
  if (type === "I") {
    const high = choices.below(4) === 0 ? choices.number() : 0;
    const low = BigInt(choices.number());
    return BigInt.asIntN(64, BigInt(high) << 32n | low);
  }
  switch (choices.below(5)) {
    case 0:
    case 1:
      return choices.of(ADDRESSES);
    case 2:
    case 3:
      return choices.below(9);
    default:
      return choices.number();
  }
}

/** Lists, subscriptions and paths as they may be. */
function fill(world: World, choices: Choices): void {
  world.path(choices.of(PATHS), PATH);
  world.path(choices.below(3) ? choices.of(PATHS) : choices.take(40), NEW_PATH);
  const { view } = world.guest;
  for (let i = 0; i < 4; i++) {
    view.setUint32(
      IOVEC + 8 * i,
      choices.below(3) ? DATA : choices.number(),
      true,
    );
    view.setUint32(IOVEC + 8 * i + 4, choices.number(), true);
  }
}

/** Subscriptions of any kind, of which the first is a clock that rings at once, so that nothing sleeps. */
function subscribe(world: World, choices: Choices): Argument[] {
  const { view, memory } = world.guest;
  memory.fill(0, DATA, DATA + 48 * 4);
  const count = 1 + choices.below(4);
  for (let i = 1; i < count; i++) {
    const at = DATA + 48 * i;
    view.setUint32(at, choices.u32(), true);
    memory[at + 8] = choices.below(4);
    view.setUint32(at + 16, choices.number(), true);
    view.setUint32(at + 24, choices.u32(), true);
    view.setUint16(at + 40, choices.below(3), true);
  }
  const events = choices.below(4) ? R : choices.number();
  return [DATA, events, count, R + 0x800];
}

const random = randomSource(8);

fuzz({
  says:
    "every WASI call gives an errno, whatever its lists, paths, subscriptions and cookies",
  name: "wasi",
  corpus: Array.from(
    { length: 32 },
    () => Uint8Array.from({ length: 200 }, () => random(256)),
  ),
  minimum: 50,
  most: 200,
  async run(input) {
    const choices = new Choices(input);
    using world = new World();
    while (!choices.over) {
      const name = choices.of(NAMES);
      fill(world, choices);
      const args = name === "poll_oneoff"
        ? subscribe(world, choices)
        : [...WASI[name]!].map((type) => argument(type, choices));
      const errno = await world.call(name, ...args);
      const known = Number.isInteger(errno) && errno >= 0 && errno <= 76;
      assert.ok(known, `${name}(${args.join(", ")}) gave ${errno}`);
    }
    const { descriptors } = world.guest.state;
    assert.ok([...descriptors.handles()].length <= MAX_OPEN);
    return true;
  },
});
