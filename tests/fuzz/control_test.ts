/** Frames of the control protocol between shim and host. */
import assert from "node:assert/strict";
import {
  contentFrame,
  type Frame,
  FrameError,
  FrameKind,
  FrameReader,
  messageFrame,
  outputFrame,
  parseContent,
  parseMessage,
  parseOutput,
} from "../../runtime/control/frame.ts";
import { cut } from "./engine/cut.ts";
import { fuzz } from "./engine/fuzz.ts";

const KEY = { pod: "pod", container: "c1", exec: "" };

interface Outcome {
  frames: Frame[];
  refused?: string;
}

function read(chunks: Iterable<Uint8Array>): Outcome {
  const frames: Frame[] = [];
  const reader = new FrameReader();
  try {
    for (const chunk of chunks) {
      for (const { kind, payload } of reader.push(chunk)) {
        frames.push({ kind, payload: payload.slice() });
      }
    }
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return { frames, refused: error.message };
  }
  return { frames };
}

/** Whether it is what `parse` takes; anything but a FrameError passes through. */
function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof FrameError) return false;
    throw error;
  }
}

const FRAMES = [
  messageFrame({ type: "ping", seq: 7 }),
  outputFrame(KEY, 2, Uint8Array.of(1, 2, 3)),
  contentFrame(FrameKind.input, KEY, new Uint8Array(0)),
  contentFrame(FrameKind.module, KEY, Uint8Array.of(0, 0x61, 0x73, 0x6d)),
];

fuzz({
  says:
    "control frames are the same however they are cut, and refused by their own error",
  name: "control_frames",
  corpus: [...FRAMES, new Uint8Array(FRAMES.flatMap((one) => [...one]))],
  minimum: 2_000,
  run(input) {
    const whole = read([input]);
    assert.deepEqual(read(cut(input)), whole);
    let good = false;
    for (const { payload } of whole.frames) {
      for (const parse of [parseMessage, parseContent, parseOutput]) {
        good = parses(() => parse(payload)) || good;
      }
    }
    return good;
  },
});
