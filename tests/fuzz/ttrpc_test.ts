/** ttrpc's frames (SHIM.md §2) and the messages in them. */
import assert from "node:assert/strict";
import { Request, Response } from "../../proto/gen/ttrpc/ttrpc.ts";
import {
  type Frame,
  FrameReader,
  MAX_PAYLOAD,
} from "../../proto/ttrpc/frame.ts";
import {
  encodeFailure,
  encodeReply,
  encodeRequest,
} from "../../proto/ttrpc/message.ts";
import { TtrpcError } from "../../proto/ttrpc/status.ts";
import { DecodeError } from "../../proto/strict.ts";
import { CreateTaskRequest } from "../../proto/gen/containerd/task.ts";
import { cut } from "./engine/cut.ts";
import { fuzz } from "./engine/fuzz.ts";

const CREATE = CreateTaskRequest.encode({
  id: "f1",
  bundle: "/run/f1",
  rootfs: [
    { type: "overlay", source: "overlay", target: "", options: ["ro"] },
  ],
  terminal: false,
  stdin: "",
  stdout: "/run/f1/out",
  stderr: "",
  checkpoint: "",
  parentCheckpoint: "",
  options: { typeUrl: "x", value: Uint8Array.of(1, 2) },
}).finish();
const CALL = encodeRequest(1, {
  service: "containerd.task.v2.Task",
  method: "Create",
  payload: CREATE,
  timeoutNano: 5n,
  metadata: [{ key: "k", value: "v" }],
});
const REPLY = encodeReply(1, CREATE.subarray(0, 20))!;
const FAILURE = encodeFailure(3, new TtrpcError(5, "not found"));

function read(chunks: Iterable<Uint8Array>): [Frame[], boolean] {
  const frames: Frame[] = [];
  const reader = new FrameReader();
  for (const chunk of chunks) reader.push(chunk, (frame) => frames.push(frame));
  return [frames, reader.atBoundary];
}

fuzz({
  says: "ttrpc frames are the same however their bytes are cut",
  name: "ttrpc_frames",
  corpus: [CALL, REPLY, FAILURE, new Uint8Array([...CALL, ...REPLY])],
  minimum: 2_000,
  run(input) {
    const [whole, atBoundary] = read([input]);
    let bytes = 0;
    for (const { length, payload } of whole) {
      bytes += 10 + length;
      assert.equal(payload?.length, length > MAX_PAYLOAD ? undefined : length);
    }
    assert.equal(atBoundary, bytes === input.length);
    assert.deepEqual(read(cut(input)), [whole, atBoundary]);
    return whole.length > 0;
  },
});

fuzz({
  says: "what a ttrpc frame carries is a message, or refused as one",
  name: "ttrpc_messages",
  corpus: [CALL, REPLY, FAILURE].map((frame) => frame.slice(10)),
  minimum: 5_000,
  run(input) {
    return [Request, Response, CreateTaskRequest].map((codec) =>
      decodes(codec as typeof Request, input)
    ).includes(true);
  },
});

/** What the reader of the generated code says of bytes that are no message. */
const OF_READER =
  /^(Range|Type)?Error: (premature EOF|illegal tag|invalid varint|invalid int|invalid end group|maximum recursion|cant skip|The encoded data is not valid)/i;

/** What decodes can be encoded, and says the same. */
function decodes(codec: typeof Request, input: Uint8Array): boolean {
  let message: Request;
  try {
    message = codec.decode(input);
  } catch (error) {
    if (error instanceof DecodeError || OF_READER.test(String(error))) {
      return false;
    }
    throw error;
  }
  const again = codec.decode(codec.encode(message).finish());
  assert.deepEqual(again, message);
  return true;
}
