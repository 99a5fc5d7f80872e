import assert from "node:assert/strict";
import {
  FrameKind,
  FrameReader,
  messageFrame,
  parseMessage,
} from "../../../runtime/control/frame.ts";
import { CONTROL_VERSION } from "../../../runtime/control/messages.ts";
import { ControlServer } from "../../../runtime/control/server.ts";

/** What a host answers to one request that needs no pod. */
async function answerTo(request: unknown): Promise<unknown> {
  const toHost = new TransformStream<Uint8Array, Uint8Array>();
  const toShim = new TransformStream<Uint8Array, Uint8Array>();
  const nothing = () => Promise.reject(new Error("not asked for here"));
  const server = new ControlServer(toShim.writable.getWriter(), {
    openPod: nothing,
    create: nothing,
    start: nothing,
    signal: nothing,
    delete: nothing,
    input() {},
    pinged() {},
    answered() {},
  });
  const served = server.serve(toHost.readable);
  const writer = toHost.writable.getWriter();
  const written = writer.write(messageFrame(request));
  const frames = new FrameReader();
  for await (const chunk of toShim.readable) {
    for (const { kind, payload } of frames.push(chunk)) {
      assert.equal(kind, FrameKind.message);
      await written;
      await writer.close();
      await served;
      return parseMessage(payload);
    }
  }
}

Deno.test("a host speaks its own version of the control protocol and no other", async () => {
  const hello = (version: unknown) =>
    answerTo({ type: "hello", seq: 7, version });
  assert.deepEqual(await hello(CONTROL_VERSION), { type: "result", seq: 7 });
  for (const other of [CONTROL_VERSION + 1, 0, "1", undefined]) {
    assert.deepEqual(await hello(other), {
      type: "result",
      seq: 7,
      error: {
        code: "precondition",
        message:
          `control protocol: version ${other}, expected ${CONTROL_VERSION}`,
      },
    });
  }
});

Deno.test("a request of a later version is answered by name, not left without an answer", async () => {
  assert.deepEqual(await answerTo({ type: "migrate", seq: 8 }), {
    type: "result",
    seq: 8,
    error: {
      code: "unimplemented",
      message: "control request migrate: not implemented",
    },
  });
});
