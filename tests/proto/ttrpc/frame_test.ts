import assert from "node:assert/strict";
import {
  encodeFrame,
  type Frame,
  FrameReader,
  FrameType,
  HEADER_SIZE,
  MAX_PAYLOAD,
  writeHeader,
} from "../../../proto/ttrpc/frame.ts";
import {
  encodeFailure,
  encodeReply,
  encodeRequest,
} from "../../../proto/ttrpc/message.ts";
import { Code, TtrpcError } from "../../../proto/ttrpc/status.ts";
import {
  ConnectRequest,
  ConnectResponse,
} from "../../../proto/gen/containerd/task.ts";
import { bytes, join, random } from "../bytes.ts";

// SHIM.md §2: Connect("f1") on stream 1, its answer, a failure on stream 3.
const REQUEST = bytes(
  '00000028 00000001 01 00 0a 17 "containerd.task.v2.Task" 12 07 "Connect" 1a 04 0a 02 66 31',
);
const REPLY = bytes("00000008 00000001 02 00 12 06 08 d2 09 10 d2 09");
const FAILURE = bytes(
  '00000018 00000003 02 00 0a 16 08 05 12 12 "task f1: not found"',
);

/** The frames in `chunks`. */
function read(...chunks: Uint8Array[]): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader();
  for (const chunk of chunks) reader.push(chunk, (frame) => frames.push(frame));
  assert(reader.atBoundary, "half a frame is left");
  return frames;
}

Deno.test("a request has the bytes of the sample", () => {
  const payload = ConnectRequest.encode({ id: "f1" }).finish();
  const service = "containerd.task.v2.Task";
  assert.deepEqual(
    encodeRequest(1, {
      service,
      method: "Connect",
      payload,
      timeoutNano: 0n,
      metadata: [],
    }),
    REQUEST,
  );
});

Deno.test("a reply has the bytes of the sample", () => {
  const message = { shimPid: 1234, taskPid: 1234, version: "" };
  const payload = ConnectResponse.encode(message).finish();
  assert.deepEqual(encodeReply(1, payload), REPLY);
});

Deno.test("an empty reply has no payload at all", () => {
  assert.deepEqual(
    encodeReply(7, new Uint8Array(0)),
    bytes("00000000 00000007 02 00"),
  );
});

Deno.test("a failure has the bytes of the sample", () => {
  const error = new TtrpcError(Code.NotFound, "task f1: not found");
  assert.deepEqual(encodeFailure(3, error), FAILURE);
});

Deno.test("a failure with code OK goes out as Unknown", () => {
  const frame = encodeFailure(1, new TtrpcError(Code.OK, "x"));
  assert.deepEqual(frame.subarray(HEADER_SIZE), bytes('0a 05 08 02 12 01 "x"'));
});

Deno.test("the text of a failure is cut before it fills a frame", () => {
  const error = new TtrpcError(Code.Unknown, "é".repeat(5_000_000));
  const frame = encodeFailure(1, error);
  assert(frame.length < 70_000, `${frame.length} bytes`);
  assert.match(new TextDecoder().decode(frame), /é… \(5000000 characters\)$/);
});

Deno.test("a reply's length is right at each size its varint changes", () => {
  for (const size of [1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
    const message = new Uint8Array(size).fill(7);
    const [frame] = read(encodeReply(1, message)!);
    // The tag, then the length in as many bytes as it takes, then the message.
    const payload = frame!.payload!;
    assert.equal(payload[0], 0x12);
    let length = 0;
    let pos = 1;
    for (let shift = 0;; shift += 7) {
      const byte = payload[pos++]!;
      length += (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    assert.equal(length, size);
    assert.equal(payload.length - pos, size);
  }
});

Deno.test("a reply may fill a frame and not pass it", () => {
  // Five bytes are the tag and the length of a message of that size.
  const most = MAX_PAYLOAD - 5;
  assert.equal(
    encodeReply(1, new Uint8Array(most))?.length,
    HEADER_SIZE + MAX_PAYLOAD,
  );
  assert.equal(encodeReply(1, new Uint8Array(most + 1)), undefined);
});

Deno.test("a frame longer than the maximum is refused before it is sent", () => {
  assert.throws(
    () => encodeFrame(1, 1, 0, new Uint8Array(MAX_PAYLOAD + 1)),
    { name: "TtrpcError", code: Code.ResourceExhausted },
  );
});

Deno.test("a header keeps stream ids of 32 bits and every flag", () => {
  const [frame] = read(encodeFrame(0xffff_fffe, 255, 255, bytes("01")));
  assert.deepEqual(frame, {
    streamId: 0xffff_fffe,
    type: 255,
    flags: 255,
    payload: bytes("01"),
    length: 1,
  });
});

Deno.test("frames are the same however the bytes are cut", () => {
  const all = join(REQUEST, bytes("00000000 00000007 02 00"), REPLY, FAILURE);
  const whole = read(all);
  assert.deepEqual(
    whole.map(({ streamId, type }) => [streamId, type]),
    [[1, 1], [7, 2], [1, 2], [3, 2]],
  );
  assert.deepEqual(
    read(...Array.from(all, (byte) => Uint8Array.of(byte))),
    whole,
  );
  const next = random(7);
  for (let round = 0; round < 200; round++) {
    const chunks: Uint8Array[] = [];
    for (let pos = 0; pos < all.length;) {
      const end = pos + Math.floor(next() * 30);
      chunks.push(all.subarray(pos, end));
      pos = end;
    }
    assert.deepEqual(read(...chunks), whole);
  }
});

Deno.test("a chunk may be overwritten after it was pushed", () => {
  const frames: Frame[] = [];
  const reader = new FrameReader();
  for (const byte of REPLY) {
    const chunk = Uint8Array.of(byte);
    reader.push(chunk, (frame) => frames.push(frame));
    chunk[0] = 0xee;
  }
  assert.deepEqual(frames[0]?.payload, REPLY.subarray(HEADER_SIZE));
});

Deno.test("a payload of exactly the maximum is a frame", () => {
  const payload = new Uint8Array(MAX_PAYLOAD).fill(1);
  const [frame] = read(encodeFrame(1, FrameType.Request, 0, payload));
  assert.equal(frame?.payload?.length, MAX_PAYLOAD);
});

Deno.test("the payload of an oversize frame is swallowed and the next frame read", () => {
  const oversize = new Uint8Array(HEADER_SIZE + MAX_PAYLOAD + 1);
  writeHeader(oversize, 5, FrameType.Request, 0);
  const frames = read(oversize.subarray(0, 99), oversize.subarray(99), REPLY);
  assert.deepEqual(
    frames.map(({ streamId, length, payload }) => [
      streamId,
      length,
      payload?.length,
    ]),
    [[5, MAX_PAYLOAD + 1, undefined], [1, 8, 8]],
  );
});

Deno.test("half a frame is noticed at the end", () => {
  const reader = new FrameReader();
  const fail = () => assert.fail("no frame is whole");
  assert(reader.atBoundary);
  reader.push(REPLY.subarray(0, 4), fail);
  assert(!reader.atBoundary);
  reader.push(REPLY.subarray(4, REPLY.length - 1), fail);
  assert(!reader.atBoundary);
});
