import assert from "node:assert/strict";
import { HostClient, MAX_UNDER_WAY } from "../../../runtime/control/client.ts";
import {
  contentFrame,
  FrameKind,
  MAX_CONTENT,
  messageFrame,
  outputFrame,
} from "../../../runtime/control/frame.ts";

const KEY = { pod: "p", container: "c", exec: "" };

/** A client whose host says what `host` writes; resolves with why the client gave up. */
async function reasonFor(
  host: (write: (frame: Uint8Array) => Promise<void>) => Promise<void>,
  output: () => void | Promise<void> = () => {},
): Promise<string> {
  const toClient = new TransformStream<Uint8Array, Uint8Array>();
  const toHost = new TransformStream<Uint8Array, Uint8Array>();
  const drained = toHost.readable.pipeTo(new WritableStream());
  const closed = Promise.withResolvers<string>();
  const client = new HostClient(
    { readable: toClient.readable, writable: toHost.writable },
    { output, exited() {}, closed: closed.resolve },
  );
  const writer = toClient.writable.getWriter();
  await host((frame) => writer.write(frame)).catch(() => {});
  await writer.close().catch(() => {});
  const reason = await closed.promise;
  client.close();
  await drained;
  return reason;
}

Deno.test("a host that sends on and on while nobody takes its output is given up", async () => {
  let sent = 0;
  const reason = await reasonFor(async (write) => {
    for (; sent < 2 * MAX_UNDER_WAY; sent += MAX_CONTENT) {
      await write(outputFrame(KEY, 1, new Uint8Array(MAX_CONTENT)));
    }
  }, () => new Promise(() => {}));
  assert.match(reason, /more than 67108864 bytes of output/);
  assert(sent < 1.1 * MAX_UNDER_WAY, `${sent} bytes were read`);
});

Deno.test("frames without any bytes count too", async () => {
  const reason = await reasonFor(async (write) => {
    for (let sent = 0; sent < MAX_UNDER_WAY; sent += 64) {
      await write(outputFrame(KEY, 1, new Uint8Array()));
    }
  }, () => new Promise(() => {}));
  assert.match(reason, /bytes of output/);
});

Deno.test("output that is taken counts no more", async () => {
  let sent = 0;
  const reason = await reasonFor(async (write) => {
    for (; sent < 2 * MAX_UNDER_WAY; sent += MAX_CONTENT) {
      await write(outputFrame(KEY, 1, new Uint8Array(MAX_CONTENT)));
    }
  });
  assert.equal(reason, "the host closed its control pipe");
});

Deno.test("frames that say nothing sensible end the connection, with the reason", async () => {
  const bad: [Uint8Array, RegExp][] = [
    [contentFrame(FrameKind.module, KEY, new Uint8Array(1)), /closed/],
    [messageFrame(null), /null/],
    ...[
      { status: -1, at: 0 },
      { status: 1.5, at: 0 },
      { status: "1", at: 0 },
      { status: 1, at: -1 },
      { status: 1, at: 1e300 },
      { status: 1, at: "never" },
    ].map((end): [Uint8Array, RegExp] => [
      messageFrame({ type: "exited", key: KEY, reason: "", ...end }),
      /exited with status/,
    ]),
    [new Uint8Array([0, 0, 0, 1, 2, 0]), /no key/],
    [new Uint8Array([0, 0, 0, 5, 2, 0, 2, 0, 0, 3]), /stream 3/],
    [new Uint8Array([0xff, 0, 0, 0, 1]), /length/],
  ];
  for (const [frame, expected] of bad) {
    assert.match(await reasonFor((write) => write(frame)), expected);
  }
});
