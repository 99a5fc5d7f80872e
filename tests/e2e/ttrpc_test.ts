/** Frames that no client should send, to the socket of a daemon that serves a task (SHIM.md §2's table; scenario 25). */
import assert from "node:assert/strict";
import * as guests from "./harness/guests.ts";
import { askInside } from "./harness/http.ts";
import { functionImage } from "./harness/image.ts";
import { type Shim, shimOf } from "./harness/shim.ts";
import {
  concat,
  field,
  fields,
  frame,
  FrameType,
  RawTtrpc,
  request,
  response,
} from "./harness/ttrpc.ts";
import { useContainerd, type World } from "./harness/world.ts";

const SERVER = "localhost/server:latest";
const TASK = "containerd.task.v2.Task";
const MAX = 4 * 1024 * 1024;
const NOTHING = new Uint8Array();

const Code = {
  ok: 0,
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
} as const;

const test = useContainerd({
  images: async () => [
    functionImage(SERVER, await guests.fn({ answer: "hello" })),
  ],
});

test("scenario 25: bad frames get the answers of the table, and the daemon serves on", async (world) => {
  const { ctr } = world;
  const { pid } = await ctr.start(SERVER, "f1");
  const shim = await shimOf(world, "f1");

  for (const [what, probe] of Object.entries(PROBES)) {
    const connection = await RawTtrpc.connect(
      world.containerd.box,
      shim.address,
    );
    try {
      await probe(connection);
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`);
    } finally {
      connection.close();
    }
    await stillServes(world, shim, what);
  }
  assert.equal(await askInside(world, pid), "hello");
  assert.equal((await ctr.task("f1")).status, "RUNNING");
  await ctr.remove("f1");
});

test("scenario 25: bytes at random never end the daemon", async (world) => {
  const { ctr, containerd } = world;
  await ctr.start(SERVER, "f1");
  const shim = await shimOf(world, "f1");
  for (let seed = 1; seed <= 40; seed++) {
    const connection = await RawTtrpc.connect(containerd.box, shim.address);
    try {
      await connection.send(noise(seed));
      await connection.closeWrite();
      while (await connection.receive() !== undefined);
    } catch (error) {
      // The daemon may close on such a peer; that it still serves others is what counts.
      assert(
        error instanceof Deno.errors.BrokenPipe ||
          error instanceof Deno.errors.ConnectionReset,
        `seed ${seed}: ${error}`,
      );
    } finally {
      connection.close();
    }
    if (seed % 10 === 0) await stillServes(world, shim, `seed ${seed}`);
  }
  await ctr.remove("f1");
});

/** Each sends something odd and checks the answer. */
const PROBES: Record<string, (connection: RawTtrpc) => Promise<void>> = {
  "an unknown service": (c) =>
    expects(c, 1, request("no.such.Service", "X", NOTHING), {
      code: Code.unimplemented,
      message: /no\.such\.Service/,
    }),
  "an unknown method": (c) =>
    expects(c, 1, request(TASK, "NoSuchMethod", NOTHING), {
      code: Code.unimplemented,
      message: /NoSuchMethod/,
    }),
  "a method we leave out": (c) =>
    expects(c, 1, request(TASK, "Pause", field(1, "f1")), {
      code: Code.unimplemented,
    }),
  "the third version of the service": (c) =>
    expects(c, 1, request("containerd.task.v3.Task", "State", field(1, "f1")), {
      code: Code.ok,
    }),
  "an unknown task": (c) =>
    expects(c, 1, request(TASK, "State", field(1, "nobody")), {
      code: Code.notFound,
      message: /nobody/,
    }),
  "Connect for any id": (c) =>
    expects(c, 1, request(TASK, "Connect", field(1, "nobody")), {
      code: Code.ok,
    }),
  "an even stream": (c) =>
    expects(c, 2, connect(), { code: Code.invalidArgument }),
  "stream zero": (c) =>
    expects(c, 0, connect(), { code: Code.invalidArgument }),
  "a request that is no protobuf": (c) =>
    expects(c, 1, new Uint8Array([0xff, 0xff, 0xff]), {
      code: Code.invalidArgument,
    }),
  "a payload that is no protobuf": (c) =>
    expects(c, 1, request(TASK, "State", new Uint8Array([0x0a, 0x7f, 1])), {
      code: Code.internal,
    }),
  "a stream used twice": async (c) => {
    await expects(c, 3, connect(), { code: Code.ok });
    await expects(c, 3, connect(), { code: Code.invalidArgument });
    await expects(c, 1, connect(), { code: Code.invalidArgument });
    await expects(c, 5, connect(), { code: Code.ok });
  },
  "a frame over four megabytes": async (c) => {
    const length = MAX + 1;
    await c.send(frame(1, FrameType.request, new Uint8Array(length)));
    await answers(c, 1, { code: Code.resourceExhausted });
    await expects(c, 3, connect(), { code: Code.ok });
  },
  "a frame of exactly four megabytes": async (c) => {
    const call = connect();
    // Field 15, which no message has, fills it up: tag, a length of four bytes, then the bytes.
    const rest = MAX - call.length - 5;
    const filler = concat(
      new Uint8Array([0x7a, ...varint(rest)]),
      new Uint8Array(rest),
    );
    assert.equal(call.length + filler.length, MAX);
    await expects(c, 1, concat(call, filler), { code: Code.ok });
  },
  "an unknown frame type and a response sent to a server": async (c) => {
    await c.send(frame(1, 9, connect()));
    await c.send(frame(1, FrameType.response, connect()));
    await expects(c, 1, connect(), { code: Code.ok });
  },
  "data for a stream nobody opened": async (c) => {
    await c.send(frame(7, FrameType.data, NOTHING));
    await expects(c, 9, connect(), { code: Code.ok }, [7]);
  },
  "a unary request that says it is the last": async (c) => {
    await c.send(frame(1, FrameType.request, connect(), { flags: 1 }));
    await answers(c, 1, { code: Code.ok });
  },
  "frames byte by byte": async (c) => {
    for (const byte of frame(1, FrameType.request, connect())) {
      await c.send(new Uint8Array([byte]));
    }
    await answers(c, 1, { code: Code.ok });
  },
  "several frames at once, one of which waits": async (c) => {
    const wait = request(TASK, "Wait", field(1, "f1"));
    await c.send(concat(
      frame(1, FrameType.request, wait),
      frame(3, FrameType.request, connect()),
      frame(5, FrameType.request, connect()),
    ));
    await answers(c, 3, { code: Code.ok });
    await answers(c, 5, { code: Code.ok });
  },
  "a frame cut short": async (c) => {
    await c.send(frame(1, FrameType.request, connect()).subarray(0, 17));
    await c.closeWrite();
    assert.equal(await c.receive(), undefined);
  },
};

interface Expected {
  code: number;
  message?: RegExp;
}

async function expects(
  connection: RawTtrpc,
  stream: number,
  payload: Uint8Array,
  expected: Expected,
  ignore: number[] = [],
): Promise<void> {
  await connection.send(frame(stream, FrameType.request, payload));
  await answers(connection, stream, expected, ignore);
}

async function answers(
  connection: RawTtrpc,
  stream: number,
  { code, message }: Expected,
  ignore: number[] = [],
): Promise<void> {
  let reply = await connection.receive();
  while (reply && ignore.includes(reply.stream)) {
    reply = await connection.receive();
  }
  assert(reply, `stream ${stream}: closed without an answer`);
  assert.equal(reply.stream, stream);
  assert.equal(reply.type, FrameType.response);
  const answer = response(reply.payload);
  assert.equal(answer.code, code, `stream ${stream}: ${answer.message}`);
  if (message) assert.match(answer.message, message);
}

/** A normal call on a connection of its own. */
async function stillServes(world: World, shim: Shim, after: string) {
  const connection = await RawTtrpc.connect(
    world.containerd.box,
    shim.address,
  );
  try {
    await connection.send(frame(1, FrameType.request, connect()));
    const reply = await connection.receive();
    assert(reply, `after ${after}: closed`);
    const { payload } = response(reply.payload);
    assert.equal(fields(payload).get(1), shim.pid, `after ${after}`);
  } finally {
    connection.close();
  }
}

function connect(): Uint8Array {
  return request(TASK, "Connect", field(1, "f1"));
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

/** Up to 2 KiB from a small generator: some runs look like frames, most do not. */
function noise(seed: number): Uint8Array {
  let state = seed * 2654435761 >>> 0;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const bytes = Uint8Array.from({ length: next() % 2048 + 10 }, () => next());
  // Half of them begin with a header whose length fits what follows.
  return seed % 2 ? bytes : frame(1, 1 + next() % 3, bytes);
}
