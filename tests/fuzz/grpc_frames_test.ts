/** gRPC's five bytes before each message. */
import assert from "node:assert/strict";
import {
  frameOf,
  FrameReader,
  FrameTooLarge,
} from "../../runtime/isolate/worker/grpc_frames.ts";
import { cut } from "./engine/cut.ts";
import { fuzz } from "./engine/fuzz.ts";

const LIMIT = 200;
const text = (length: number) => new Uint8Array(length).fill(97);

interface Outcome {
  messages: Uint8Array[];
  refused?: string;
}

function read(chunks: Iterable<Uint8Array>): Outcome {
  const messages: Uint8Array[] = [];
  const reader = new FrameReader(LIMIT);
  try {
    for (const chunk of chunks) messages.push(...reader.push(chunk));
  } catch (error) {
    const refused = (error as Error).message;
    const known = error instanceof FrameTooLarge ||
      /^a message (is compressed|begins with the byte)/.test(refused);
    if (!known) throw error;
    return { messages, refused };
  }
  return { messages };
}

fuzz({
  says:
    "gRPC messages are the same however they are cut, and none is over the limit",
  name: "grpc_frames",
  corpus: [
    frameOf(text(0)),
    frameOf(text(3)),
    frameOf(text(LIMIT)),
    frameOf(text(LIMIT + 1)),
    new Uint8Array([
      ...frameOf(text(2)),
      ...frameOf(text(0)),
      ...frameOf(text(9)),
    ]),
  ],
  minimum: 5_000,
  run(input) {
    const whole = read([input]);
    const pieces = read(cut(input));
    assert.equal(pieces.refused, whole.refused);
    // What came with the broken prefix in one chunk is not given any more.
    if (whole.refused === undefined) {
      assert.deepEqual(pieces.messages, whole.messages);
    }
    let at = 0;
    for (const message of pieces.messages) {
      assert.ok(message.length <= LIMIT);
      assert.deepEqual(
        frameOf(message),
        input.slice(at, at += 5 + message.length),
      );
    }
    if (whole.refused === undefined) {
      const size = new DataView(input.buffer).byteLength - at >= 5
        ? new DataView(input.buffer).getUint32(at + 1)
        : Infinity;
      assert.ok(input.length - at < 5 + size, "a whole message was kept back");
    }
    return pieces.messages.length > 0;
  },
});
