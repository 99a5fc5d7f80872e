import assert from "node:assert/strict";
import {
  contentFrame,
  FrameError,
  FrameKind,
  FrameReader,
  MAX_PAYLOAD,
  messageFrame,
  outputFrame,
  parseContent,
  parseMessage,
  parseOutput,
} from "../../../runtime/control/frame.ts";

const key = { pod: "p", container: "c", exec: "e" };

Deno.test("frames come out whole whatever chunks they arrive in", () => {
  const frames = [
    messageFrame({ type: "ping", seq: 7 }),
    outputFrame(key, 2, Uint8Array.of(1, 2, 3)),
    contentFrame(FrameKind.input, key, new Uint8Array(0)),
  ];
  const bytes = new Uint8Array(frames.flatMap((frame) => [...frame]));
  for (const step of [1, 2, 3, 7, bytes.length]) {
    const reader = new FrameReader();
    const found = [];
    for (let at = 0; at < bytes.length; at += step) {
      found.push(...reader.push(bytes.subarray(at, at + step)));
    }
    assert.deepEqual(found.map((frame) => frame.kind), [1, 2, 3]);
    assert.deepEqual(parseMessage(found[0]!.payload), { type: "ping", seq: 7 });
    assert.deepEqual(parseOutput(found[1]!.payload), {
      key,
      stream: 2,
      bytes: Uint8Array.of(1, 2, 3),
    });
    assert.equal(parseContent(found[2]!.payload).bytes.length, 0);
  }
});

Deno.test("a length over the limit is refused before its bytes arrive", () => {
  const header = new Uint8Array(5);
  new DataView(header.buffer).setUint32(0, MAX_PAYLOAD + 1);
  assert.throws(() => [...new FrameReader().push(header)], FrameError);
});

Deno.test("broken keys, streams and messages are refused", () => {
  for (const payload of [[], [0], [0, 9, 65], [0, 1, 65]]) {
    assert.throws(() => parseContent(Uint8Array.from(payload)), FrameError);
  }
  const output = outputFrame(key, 1, Uint8Array.of(9));
  const payload = output.slice(5);
  payload[payload.length - 2] = 3;
  assert.throws(() => parseOutput(payload), /stream 3/);
  assert.throws(() => parseMessage(Uint8Array.of(0x7b)), FrameError);
});
