import assert from "node:assert/strict";
import { Channel, type Duplex } from "../../../proto/ttrpc/channel.ts";
import { bytes } from "../bytes.ts";

/** A connection that notes what is written, at most `most` bytes at a time. */
function recorder(most: number): Duplex & { writes: Uint8Array[] } {
  const writes: Uint8Array[] = [];
  return {
    writes,
    read: () => new Promise(() => {}),
    write(data) {
      const taken = data.slice(0, most);
      writes.push(taken);
      return Promise.resolve(taken.length);
    },
    close() {},
  };
}

Deno.test("frames sent in one turn leave in one write", async () => {
  const duplex = recorder(1e9);
  const channel = new Channel(duplex);
  channel.send(bytes("01 02"));
  channel.send(bytes("03"));
  channel.send(bytes("04 05"));
  await channel.flushed();
  assert.deepEqual(duplex.writes, [bytes("01 02 03 04 05")]);
});

Deno.test("a frame that is sent alone is written without being copied", async () => {
  const frame = bytes("01 02");
  let written: Uint8Array | undefined;
  const duplex = recorder(1e9);
  duplex.write = (data) => {
    written = data;
    return Promise.resolve(data.length);
  };
  const channel = new Channel(duplex);
  channel.send(frame);
  await channel.flushed();
  assert.equal(written?.buffer, frame.buffer);
});

Deno.test("a connection that takes few bytes at a time gets all, in order", async () => {
  const duplex = recorder(3);
  const channel = new Channel(duplex);
  channel.send(bytes("01 02 03 04 05"));
  channel.send(bytes("06 07"));
  await channel.flushed();
  assert.deepEqual(
    duplex.writes.flatMap((write) => [...write]),
    [1, 2, 3, 4, 5, 6, 7],
  );
});

Deno.test("small frames wait for no large one to be copied", async () => {
  const duplex = recorder(1e9);
  const channel = new Channel(duplex);
  channel.send(bytes("01"));
  channel.send(new Uint8Array(100_000));
  channel.send(bytes("02"));
  await channel.flushed();
  assert.deepEqual(
    duplex.writes.map((write) => write.length),
    [1, 100_000, 1],
  );
});

Deno.test("a write that fails closes the channel, and later frames are dropped", async () => {
  let closed = 0;
  const channel = new Channel({
    read: () => new Promise(() => {}),
    write: () => Promise.reject(new Error("broken pipe")),
    close: () => closed++,
  });
  channel.send(bytes("01"));
  await channel.flushed();
  channel.send(bytes("02"));
  await channel.flushed();
  assert(channel.closed);
  assert.equal(closed, 1);
});

Deno.test("an error of the connection ends run with it, a close of ours does not", async () => {
  const broken = recorder(1);
  broken.read = () => Promise.reject(new Error("reset"));
  await assert.rejects(new Channel(broken).run(() => {}), { message: "reset" });

  const { promise, reject } = Promise.withResolvers<number>();
  const ours = recorder(1);
  ours.read = () => promise;
  ours.close = () => reject(new Deno.errors.Interrupted("closed"));
  const channel = new Channel(ours);
  const run = channel.run(() => {});
  channel.close();
  await run;
});
