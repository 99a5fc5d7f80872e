import assert from "node:assert/strict";
import {
  ConnectRequest,
  ConnectResponse,
  StartRequest,
  StartResponse,
} from "../../../proto/gen/containerd/task.ts";
import { Request, Response } from "../../../proto/gen/ttrpc/ttrpc.ts";
import {
  encodeFrame,
  type Frame,
  FrameType,
} from "../../../proto/ttrpc/frame.ts";
import { encodeReply } from "../../../proto/ttrpc/message.ts";
import {
  Client,
  ClosedError,
  Code,
  TtrpcError,
} from "../../../proto/ttrpc/mod.ts";
import { bytes, join } from "../bytes.ts";
import { Peer, socketPath } from "./peer.ts";
import { oversizeFrame, run, SERVICE } from "./service.ts";

const CONNECT = {
  service: SERVICE,
  method: "Connect",
  request: ConnectRequest,
  response: ConnectResponse,
};
const WAIT = { ...CONNECT, method: "Wait" };

/** A client and the bare other end of its connection. */
async function pair(): Promise<{ client: Client; peer: Peer } & Disposable> {
  using socket = socketPath();
  using listener = Deno.listen({ transport: "unix", path: socket.path });
  const [client, conn] = await Promise.all([
    Client.connect(socket.path),
    listener.accept(),
  ]);
  const peer = new Peer(conn);
  return {
    client,
    peer,
    [Symbol.dispose]() {
      client.close();
      peer[Symbol.dispose]();
    },
  };
}

/** A reply with `version` on stream `id`. */
function reply(id: number, version: string): Uint8Array {
  const message = { shimPid: 0, taskPid: 0, version };
  return encodeReply(id, ConnectResponse.encode(message).finish())!;
}

Deno.test("a call returns the server's reply", async () => {
  await using running = run();
  using client = await Client.connect(running.path);
  assert.deepEqual(await client.call(CONNECT, { id: "f1" }), {
    shimPid: 1,
    taskPid: 2,
    version: "f1",
  });
});

Deno.test("a call rejects with the server's code and text", async () => {
  await using running = run();
  using client = await Client.connect(running.path);
  await assert.rejects(client.call(CONNECT, { id: "lost" }), {
    name: "TtrpcError",
    code: Code.NotFound,
    message: "task lost",
  });
});

Deno.test("metadata is sent", async () => {
  await using running = run();
  using client = await Client.connect(running.path);
  const start = {
    ...CONNECT,
    method: "Start",
    request: StartRequest,
    response: StartResponse,
  };
  const message = { id: "f1", execId: "" };
  const metadata = { pid: "99" };
  assert.equal((await client.call(start, message, { metadata })).pid, 99);
});

Deno.test("calls get odd and growing ids, and their time limit is sent", async () => {
  using ends = await pair();
  const calls = [
    ends.client.call(CONNECT, { id: "a" }),
    ends.client.call(CONNECT, { id: "b" }, { timeoutMs: 60_000 }),
  ];
  const frames = [await ends.peer.frame(), await ends.peer.frame()] as Frame[];
  assert.deepEqual(frames.map(({ streamId }) => streamId), [1, 3]);
  const requests = frames.map(({ payload }) => Request.decode(payload!));
  assert.deepEqual(
    requests.map(({ timeoutNano }) => timeoutNano),
    [0n, 60_000_000_000n],
  );
  // The replies come in the other order.
  await ends.peer.send(join(reply(3, "for b"), reply(1, "for a")));
  assert.deepEqual(
    (await Promise.all(calls)).map(({ version }) => version),
    ["for a", "for b"],
  );
});

/** Sends `bad` as the answer to a call and returns what the call says. */
async function failure(bad: Uint8Array): Promise<TtrpcError> {
  using ends = await pair();
  const call = ends.client.call(CONNECT, { id: "f1" });
  const failed = assert.rejects(call, TtrpcError);
  await ends.peer.frame();
  await ends.peer.send(bad);
  await failed;
  // The connection goes on.
  const next = ends.client.call(CONNECT, { id: "f1" });
  await ends.peer.frame();
  await ends.peer.send(reply(3, "next"));
  assert.equal((await next).version, "next");
  return await call.then(() => assert.fail(), (error) => error);
}

const NOTHING = new Uint8Array(0);

Deno.test("data as an answer fails that call alone", async () => {
  const error = await failure(encodeFrame(1, FrameType.Data, 0, NOTHING));
  assert.equal(error.code, Code.Internal);
  assert.match(error.message, /Echo\/Connect: found a frame of type 3/);
});

Deno.test("an answer that is no Response fails that call alone", async () => {
  const error = await failure(encodeFrame(1, 2, 0, bytes("ff ff")));
  assert.equal(error.code, Code.Internal);
  assert.match(error.message, /Echo\/Connect: the reply cannot be decoded/);
});

Deno.test("an answer whose message is another fails that call alone", async () => {
  const error = await failure(encodeReply(1, bytes("0c"))!);
  assert.equal(error.code, Code.Internal);
  assert.match(error.message, /the reply cannot be decoded: .*ConnectResponse/);
});

Deno.test("an oversize answer fails that call alone", async () => {
  const error = await failure(oversizeFrame(1, 2));
  assert.equal(error.code, Code.ResourceExhausted);
  assert.match(error.message, /the reply has 4194305 bytes/);
});

Deno.test("a status with code 0 is a success", async () => {
  using ends = await pair();
  const call = ends.client.call(CONNECT, { id: "f1" });
  await ends.peer.frame();
  const payload = Response.encode({
    status: { code: 0, message: "fine", details: [] },
    payload: NOTHING,
  }).finish();
  await ends.peer.send(encodeFrame(1, 2, 0, payload));
  assert.equal((await call).version, "");
});

Deno.test("replies nobody waits for and second replies are ignored", async () => {
  using ends = await pair();
  const call = ends.client.call(CONNECT, { id: "f1" });
  await ends.peer.frame();
  await ends.peer.send(join(
    reply(2, "even"),
    reply(99, "made up"),
    reply(1, "first"),
    reply(1, "second"),
  ));
  assert.equal((await call).version, "first");
  const next = ends.client.call(CONNECT, { id: "f1" });
  await ends.peer.frame();
  await ends.peer.send(reply(3, "next"));
  assert.equal((await next).version, "next");
});

Deno.test("a call gives up when its time is over; a late reply is ignored", async () => {
  using ends = await pair();
  await assert.rejects(
    ends.client.call(CONNECT, { id: "f1" }, { timeoutMs: 1 }),
    { code: Code.DeadlineExceeded, message: /Connect: no answer within 1 ms/ },
  );
  await ends.peer.frame();
  const next = ends.client.call(CONNECT, { id: "f1" });
  await ends.peer.frame();
  await ends.peer.send(join(reply(1, "late"), reply(3, "next")));
  assert.equal((await next).version, "next");
});

Deno.test("a call gives up when its signal aborts", async () => {
  await using running = run();
  using client = await Client.connect(running.path);
  const abort = new AbortController();
  const call = client.call(WAIT, { id: "f1" }, { signal: abort.signal });
  abort.abort(new Error("changed my mind"));
  await assert.rejects(call, { message: "changed my mind" });
  await assert.rejects(
    client.call(WAIT, { id: "f1" }, { signal: abort.signal }),
    { message: "changed my mind" },
  );
});

Deno.test("the end of the connection rejects open and later calls", async () => {
  using ends = await pair();
  const calls = [1, 2].map(() => ends.client.call(CONNECT, { id: "f1" }));
  const failed = calls.map((call) => assert.rejects(call, ClosedError));
  await ends.peer.frame();
  await ends.peer.send(reply(1, "").subarray(0, 5));
  await ends.peer.closeWrite();
  await Promise.all(failed);
  await ends.client.closed;
  await assert.rejects(ends.client.call(CONNECT, { id: "f1" }), ClosedError);
});

Deno.test("closing the client rejects its calls and may be done twice", async () => {
  await using running = run();
  const client = await Client.connect(running.path);
  const failed = assert.rejects(client.call(WAIT, { id: "f1" }), ClosedError);
  client.close();
  client.close();
  await failed;
  await client.closed;
});

Deno.test("a request longer than a frame fails before a byte is sent", async () => {
  await using running = run();
  using client = await Client.connect(running.path);
  await assert.rejects(
    client.call(CONNECT, { id: "x".repeat(4_194_304) }),
    { code: Code.ResourceExhausted, message: /expected at most 4194304/ },
  );
  assert.equal((await client.call(CONNECT, { id: "f1" })).version, "f1");
});

Deno.test("nothing listening is told by connect", async () => {
  using socket = socketPath();
  await assert.rejects(Client.connect(socket.path), Deno.errors.NotFound);
});
