/** Every proxy-wasm host call with any arguments, in any callback, of any kind of context. */
import assert from "node:assert/strict";
import { RestrictedCallError } from "../../abi/trap.ts";
import {
  Allocation,
  type Argument,
  PAGE,
  PLAIN,
  type PluginProbe,
} from "../abi/probe.ts";
import { Choices } from "./engine/choices.ts";
import { fuzz } from "./engine/fuzz.ts";
import { randomSource } from "./engine/random.ts";
import { FuzzedGuest } from "./guest.ts";
import { LAST, type Shape, SHAPES } from "./host_call_shapes.ts";
import { type Range, writtenOutside } from "./written.ts";

/** Names that are longer are refused like bad addresses; other things may be longer. */
const MAX_NAME = 64 * 1024;

/** Whether an argument is a number over the last of its kind. */
function overLast(shape: Shape, args: readonly Argument[]): boolean {
  return [...shape.args].some((kind, i) =>
    kind in LAST && Number(args[i]) > LAST[kind]!
  );
}

/** Whether every address is one of the guest's memory, and nothing has more than `most` bytes. */
function inMemory(
  shape: Shape,
  args: readonly Argument[],
  size: number,
  most = Infinity,
) {
  return [...shape.args].every((kind, i) => {
    const value = Number(args[i]);
    switch (kind) {
      case "n":
      case "H":
      case "P":
      case "Q":
      case "U":
      case "M":
      case "F": {
        const length = Number(args[i + 1]);
        return length === 0 || length <= most && value + length <= size;
      }
      case "p":
        return value === 0 || value + 4 <= size;
      case "o":
        return value + 4 <= size;
      case "O":
        return value + 8 <= size;
      default:
        return true;
    }
  });
}

/** Where the call may have written. */
function results(shape: Shape, args: readonly Argument[]): Range[] {
  const ranges: Range[] = [];
  for (const [i, kind] of [...shape.args].entries()) {
    const at = Number(args[i]);
    if (kind === "o" || kind === "p") ranges.push([at, at + 4]);
    if (kind === "O") ranges.push([at, at + 8]);
  }
  return ranges;
}

/** What an allocator gave that does not take it from the heap. */
function atEnd({ allocator, asked }: PluginProbe): Range {
  if (allocator === Allocation.outOfRange) return [PAGE - 1, PAGE];
  return allocator === Allocation.ends ? [PAGE - asked, PAGE] : [0, 0];
}

/** Makes one call and checks what it did. False: it ended the guest. */
function call(guest: FuzzedGuest, name: string, choices: Choices): boolean {
  const { probe } = guest;
  const shape = SHAPES[name]!;
  const args = guest.arguments(shape.args, choices);
  const before = probe.memory.slice();
  const heap = probe.heap;
  const said = `${name}(${args.join(", ")})`;
  let status: number;
  try {
    status = probe.call(name, ...args);
  } catch (error) {
    const { traps, callsHost } = Allocation;
    const expected = probe.allocator === callsHost
      ? error instanceof RestrictedCallError
      : probe.allocator === traps && error instanceof WebAssembly.RuntimeError;
    if (!expected) throw error;
    return false;
  }
  const allowed = status === 2 && overLast(shape, args) ||
    shape.statuses.includes(status);
  assert.ok(allowed, `${said} answered ${status} in ${probe.vm.callback}`);
  const room = probe.heap <= PAGE && guest.allocates;
  if (status === 6) {
    const good = inMemory(shape, args, before.length, MAX_NAME) && room;
    assert.ok(!good, `${said} answered 6 to good addresses`);
  } else {
    const read = status !== 0 || inMemory(shape, args, probe.memory.length);
    assert.ok(read, `${said} answered 0 to bad addresses`);
  }
  const block: Range = [heap, probe.heap];
  const ranges = [...results(shape, args), block, atEnd(probe)];
  const at = writtenOutside(before, probe.memory, ranges);
  assert.equal(at, -1, `${said} wrote to ${at}`);
  return true;
}

const random = randomSource(4);

/** Sequences of calls, most of them good ones. */
const CORPUS = Array.from(
  { length: 64 },
  () => Uint8Array.from({ length: 400 }, () => random(256)),
);

fuzz({
  says:
    "every host call answers what a guest survives and writes where it was told to",
  name: "host_calls",
  corpus: CORPUS,
  minimum: 300,
  most: 400,
  run(input) {
    const choices = new Choices(input);
    const guest = new FuzzedGuest(choices);
    for (let calls = 0; calls < 32 && !choices.over; calls++) {
      if (choices.below(8) === 0) guest.enter(choices);
      if (!call(guest, choices.of(PLAIN), choices)) return false;
    }
    return true;
  },
});
