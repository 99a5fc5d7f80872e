import assert from "node:assert/strict";
import {
  ConnectResponse,
  StartResponse,
  UpdateTaskRequest,
} from "../../../proto/gen/containerd/task.ts";
import {
  encodeFrame,
  FrameType,
  HEADER_SIZE,
  MAX_PAYLOAD,
} from "../../../proto/ttrpc/frame.ts";
import { Code, Server } from "../../../proto/ttrpc/mod.ts";
import { bytes, join, random } from "../bytes.ts";
import { Peer, socketPath } from "./peer.ts";
import {
  answers,
  callFrame,
  oversizeFrame,
  run,
  type Running,
} from "./service.ts";

/** Waits until `condition` holds; the test's own time limit ends it if not. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** What a test of one bad input does: sends it and reads the answer. */
interface Row {
  name: string;
  frame: Uint8Array;
  id: number;
  code: number;
  message: RegExp;
}

const NOTHING = new Uint8Array(0);

// The table of SHIM.md §2, as far as each row is answered.
const REFUSED: Row[] = [
  {
    name: "an unknown service",
    frame: callFrame(1, { service: "no.Such" }),
    id: 1,
    code: Code.Unimplemented,
    message: /^service no\.Such$/,
  },
  {
    name: "a service named like a property of every object",
    frame: callFrame(1, { service: "constructor", method: "name" }),
    id: 1,
    code: Code.Unimplemented,
    message: /^service constructor$/,
  },
  {
    name: "an unknown method",
    frame: callFrame(1, { method: "toString" }),
    id: 1,
    code: Code.Unimplemented,
    message: /^method toString$/,
  },
  {
    name: "stream id zero",
    frame: callFrame(0),
    id: 0,
    code: Code.InvalidArgument,
    message: /stream id 0 is even/,
  },
  {
    name: "an even stream id",
    frame: callFrame(6),
    id: 6,
    code: Code.InvalidArgument,
    message: /stream id 6 is even/,
  },
  {
    name: "an even stream id of an unknown type",
    frame: encodeFrame(8, 77, 0, NOTHING),
    id: 8,
    code: Code.InvalidArgument,
    message: /stream id 8 is even/,
  },
  {
    name: "a request that is no message",
    frame: encodeFrame(1, FrameType.Request, 0, bytes("ff ff ff")),
    id: 1,
    code: Code.InvalidArgument,
    message: /^unmarshal request error/,
  },
  {
    name: "a payload that is not the method's message",
    frame: callFrame(1, { payload: bytes("0a 05") }),
    id: 1,
    code: Code.Internal,
    message: /Echo\/Connect: unmarshal payload error/,
  },
  {
    name: "an oversize request",
    frame: oversizeFrame(1, FrameType.Request),
    id: 1,
    code: Code.ResourceExhausted,
    message: /4194305 exceeds the maximum of 4194304/,
  },
  {
    name: "data for an unknown stream",
    frame: encodeFrame(1, FrameType.Data, 0, NOTHING),
    id: 1,
    code: Code.InvalidArgument,
    message: /stream id 1 is not open/,
  },
  {
    name: "an error of the handler with a code",
    frame: callFrame(1, { id: "lost" }),
    id: 1,
    code: Code.NotFound,
    message: /^task lost$/,
  },
  {
    name: "any other error of the handler",
    frame: callFrame(1, { id: "bug" }),
    id: 1,
    code: Code.Unknown,
    message: /^a bug$/,
  },
  {
    name: "something thrown that is no error",
    frame: callFrame(1, { id: "text" }),
    id: 1,
    code: Code.Unknown,
    message: /^only text$/,
  },
  {
    name: "a reply that is too long",
    frame: callFrame(1, { method: "Fill", id: "4194304" }),
    id: 1,
    code: Code.ResourceExhausted,
    message: /Echo\/Fill: the reply has \d+ bytes/,
  },
  {
    name: "a call whose time was over before it came",
    frame: callFrame(1, { timeoutNano: -1n }),
    id: 1,
    code: Code.DeadlineExceeded,
    message: /Echo\/Connect: no answer within/,
  },
];

for (const { name, frame, id, code, message } of REFUSED) {
  Deno.test(`${name} gets code ${code} and the connection goes on`, async () => {
    await using running = run();
    using peer = await Peer.connect(running.path);
    await peer.send(frame);
    const reply = await peer.reply();
    assert.deepEqual([reply.id, reply.code], [id, code]);
    assert.match(reply.message, message);
    await answers(peer, 9);
  });
}

const IGNORED: [name: string, frame: Uint8Array][] = [
  [
    "a reply sent to the server",
    encodeFrame(1, FrameType.Response, 0, NOTHING),
  ],
  ["a frame of an unknown type", encodeFrame(1, 77, 0, bytes("01 02"))],
  ["a frame of type 0", encodeFrame(1, 0, 255, NOTHING)],
];

for (const [name, frame] of IGNORED) {
  Deno.test(`${name} is ignored and uses up no stream id`, async () => {
    await using running = run();
    using peer = await Peer.connect(running.path);
    await peer.send(frame);
    await answers(peer, 1);
  });
}

Deno.test("a stream id that does not grow gets code 3, the next one is served", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  await answers(peer, 5);
  for (const id of [5, 3, 1]) {
    await peer.send(callFrame(id));
    const reply = await peer.reply();
    assert.deepEqual([reply.id, reply.code], [id, Code.InvalidArgument]);
    assert.match(reply.message, /cannot be re-used and must increment/);
  }
  await answers(peer, 7);
  await answers(peer, 0xffff_ffff);
});

Deno.test("a request with any flags is served like one without", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  for (const [id, flags] of [[1, 1], [3, 2], [5, 3], [7, 255]] as const) {
    await peer.send(callFrame(id, { flags }));
    const reply = await peer.reply();
    assert.deepEqual([reply.id, reply.code], [id, 0]);
  }
});

Deno.test("data on the stream of a running call leaves the call alone", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  await peer.send(callFrame(1, { method: "Wait", flags: 2 }));
  await until(() => running.waits.length === 1);
  await peer.send(encodeFrame(1, FrameType.Data, 1, NOTHING));
  await answers(peer, 3);
  running.waits[0]!.answer("after");
  const reply = await peer.reply();
  assert.deepEqual([reply.id, reply.code], [1, 0]);
});

Deno.test("calls sent byte by byte are served", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  for (const byte of callFrame(1)) {
    await peer.send(Uint8Array.of(byte));
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert.equal((await peer.reply()).code, 0);
});

Deno.test("many calls in one write are all answered", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  const ids = Array.from({ length: 500 }, (_, i) => 2 * i + 1);
  await peer.send(join(...ids.map((id) => callFrame(id))));
  for (const id of ids) assert.equal((await peer.reply()).id, id);
});

Deno.test("a request that fills a frame is served", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  const frame = (size: number) => {
    const value = new Uint8Array(size);
    const resources = { typeUrl: "", value };
    const payload = UpdateTaskRequest.encode({
      id: "f1",
      resources,
      annotations: {},
    }).finish();
    return callFrame(1, { method: "Size", payload });
  };
  const guess = 4_194_000;
  const size = guess + MAX_PAYLOAD + HEADER_SIZE - frame(guess).length;
  await peer.send(frame(size));
  const { code, payload } = await peer.reply();
  assert.equal(code, 0);
  assert.equal(StartResponse.decode(payload).pid, size);
});

Deno.test("a call that waits does not hold up the others", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  await peer.send(join(
    callFrame(1, { method: "Wait" }),
    callFrame(3, { method: "Wait" }),
    callFrame(5),
  ));
  assert.equal((await peer.reply()).id, 5);
  await until(() => running.waits.length === 2);
  assert.equal(running.server.calls, 2);
  running.waits[1]!.answer("second");
  assert.equal((await peer.reply()).id, 3);
  running.waits[0]!.answer("first");
  const reply = await peer.reply();
  assert.equal(reply.id, 1);
  assert.equal(ConnectResponse.decode(reply.payload).version, "first");
  assert.equal(running.server.calls, 0);
});

Deno.test("metadata reaches the handler, keys in lower case", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  const metadata = [{ key: "x", value: "1" }, { key: "Pid", value: "77" }];
  await peer.send(callFrame(1, { method: "Start", metadata }));
  assert.equal(StartResponse.decode((await peer.reply()).payload).pid, 77);
});

Deno.test("when the caller's time is over it gets code 4 once and the signal aborts", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  await peer.send(callFrame(1, { method: "Wait", timeoutNano: 1_000_000n }));
  const reply = await peer.reply();
  assert.deepEqual([reply.id, reply.code], [1, Code.DeadlineExceeded]);
  const { call, answer } = running.waits[0]!;
  assert.equal(call.timeoutMs, 1);
  assert.equal(call.signal.reason.code, Code.DeadlineExceeded);
  answer("too late");
  await answers(peer, 3);
});

Deno.test("a time limit of centuries is none", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  const timeoutNano = 2n ** 63n - 1n;
  await peer.send(callFrame(1, { method: "Wait", timeoutNano }));
  await answers(peer, 3);
  running.waits[0]!.answer("");
  assert.equal((await peer.reply()).code, 0);
});

Deno.test("a peer that goes aborts its calls, and their replies are dropped", async () => {
  await using running = run();
  const peer = await Peer.connect(running.path);
  await peer.send(callFrame(1, { method: "Wait" }));
  await until(() => running.waits.length === 1);
  const { call, answer } = running.waits[0]!;
  assert.equal(call.signal.aborted, false);
  peer[Symbol.dispose]();
  await until(() => call.signal.aborted);
  assert.equal(call.signal.reason.code, Code.Canceled);
  answer("nobody hears");
  using other = await Peer.connect(running.path);
  await answers(other, 1);
  await until(() => running.server.connections === 1);
  assert.deepEqual(running.errors, []);
});

const ENDS: [name: string, data: Uint8Array][] = [
  ["nothing", NOTHING],
  ["half a header", callFrame(1).subarray(0, 7)],
  ["half a payload", callFrame(1).subarray(0, 30)],
  ["half an oversize payload", oversizeFrame(1, 1).subarray(0, 5000)],
];

for (const [name, data] of ENDS) {
  Deno.test(`a stream that ends after ${name} is closed without an answer`, async () => {
    await using running = run();
    using peer = await Peer.connect(running.path);
    await peer.send(data);
    await peer.closeWrite();
    assert.equal(await peer.frame(), undefined);
  });
}

Deno.test("errors without a code are reported, others are not", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  await peer.send(
    join(callFrame(1, { id: "lost" }), callFrame(3, { id: "bug" })),
  );
  await peer.reply();
  await peer.reply();
  assert.deepEqual(
    running.errors.map((error) => (error as Error).message),
    ["a bug"],
  );
});

Deno.test("one connection may run 4096 calls and no more", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  const ids = Array.from({ length: 4097 }, (_, i) => 2 * i + 1);
  await peer.send(
    join(...ids.map((id) => callFrame(id, { method: "Wait" }))),
  );
  const reply = await peer.reply();
  assert.deepEqual([reply.id, reply.code], [8193, Code.ResourceExhausted]);
  assert.equal(running.server.calls, 4096);
});

Deno.test("from a peer that reads nothing no more calls are taken", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  // Replies of 1 MiB each, of which a few fit into the socket.
  const ids = Array.from({ length: 60 }, (_, i) => 2 * i + 1);
  const call = { method: "Fill", id: "1000000" };
  await peer.send(join(...ids.map((id) => callFrame(id, call))));
  let before = 0;
  while (before === 0 || before !== running.handled()) {
    before = running.handled();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert(before < 20, `${before} calls were taken`);
  // They are answered once the peer reads.
  for (const id of ids) assert.equal((await peer.reply()).id, id);
});

Deno.test("shutdown answers what runs, refuses what comes, then closes", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  await peer.send(callFrame(1, { method: "Wait" }));
  await until(() => running.waits.length === 1);
  const down = running.server.shutdown({ graceMs: 60_000 });
  await peer.send(callFrame(3));
  assert.equal((await peer.reply()).code, Code.Unavailable);
  running.waits[0]!.answer("done");
  const reply = await peer.reply();
  assert.deepEqual([reply.id, reply.code], [1, 0]);
  assert.equal(await peer.frame(), undefined);
  await down;
  await running.served;
  await assert.rejects(Peer.connect(running.path));
});

Deno.test("shutdown closes calls that outlast its grace", async () => {
  await using running = run();
  using peer = await Peer.connect(running.path);
  await peer.send(callFrame(1, { method: "Wait" }));
  await until(() => running.waits.length === 1);
  await running.server.shutdown({ graceMs: 5 });
  assert.equal(await peer.frame(), undefined);
  assert(running.waits[0]!.call.signal.aborted);
});

Deno.test("serve ends when its listener is closed, and when its signal aborts", async () => {
  for (const way of ["close", "abort", "aborted before"] as const) {
    using socket = socketPath();
    const server = new Server({});
    const listener = Deno.listen({ transport: "unix", path: socket.path });
    const abort = new AbortController();
    if (way === "aborted before") abort.abort();
    const served = server.serve(listener, { signal: abort.signal });
    if (way === "close") listener.close();
    if (way === "abort") {
      using peer = await Peer.connect(socket.path);
      await until(() => server.connections === 1);
      abort.abort();
      assert.equal(await peer.frame(), undefined);
    }
    await served;
    assert.equal(server.connections, 0);
  }
});

Deno.test("random frames and random bytes never stop the server", async () => {
  await using running = run();
  const next = random(99);
  for (let round = 0; round < 60; round++) {
    using peer = await Peer.connect(running.path);
    const parts: Uint8Array[] = [];
    for (let i = 0; i < 20; i++) parts.push(randomFrame(next));
    // Half of the peers end in the middle of what is no frame.
    const tail = round % 2 === 0 ? [] : [parts[0]!.subarray(0, 13)];
    const frames = drainOf(peer);
    await peer.send(join(...parts, ...tail));
    await peer.closeWrite();
    await frames;
  }
  using peer = await Peer.connect(running.path);
  await answers(peer, 1);
  await until(() => running.server.connections === 1);
  await noCalls(running);
});

/** A frame with a header that leads somewhere and noise for a payload. */
function randomFrame(next: () => number): Uint8Array {
  const call = callFrame(1);
  const payload = Uint8Array.from(
    { length: Math.floor(next() * 60) },
    () => Math.floor(next() * 256),
  );
  if (next() < 0.5) {
    // A real call with a few bytes changed.
    payload.set(call.subarray(10, 10 + payload.length));
    for (let i = 0; i < payload.length; i++) {
      if (next() < 0.05) payload[i] = Math.floor(next() * 256);
    }
  }
  return encodeFrame(
    Math.floor(next() * 64),
    Math.floor(next() * 5),
    Math.floor(next() * 256),
    payload,
  );
}

/** Reads until the end. */
async function drainOf(peer: Peer): Promise<void> {
  while (await peer.frame() !== undefined);
}

/** Waits until no call runs. */
async function noCalls(running: Running): Promise<void> {
  await until(() => running.server.calls === 0);
}
