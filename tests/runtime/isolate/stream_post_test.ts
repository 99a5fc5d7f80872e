import assert from "node:assert/strict";
import { StreamPost } from "../../../runtime/isolate/stream_post.ts";
import { StreamOutbox } from "../../../runtime/isolate/stream_outbox.ts";
import type {
  StreamMessage,
  StreamMessages,
} from "../../../runtime/isolate/upstream_messages.ts";

Deno.test("what several streams say in one turn crosses as one message, in order; alone it is no list", async () => {
  const crossed: (StreamMessage | StreamMessages)[] = [];
  const moved: ArrayBuffer[][] = [];
  const post = new StreamPost((message, transfer) => {
    crossed.push(message);
    moved.push(transfer);
  });
  const [one, two, three] = [1, 2, 3].map((n) =>
    new StreamOutbox(7, n, (message) => post.send(message))
  );
  const large = new Uint8Array(10_000);
  one!.next.head = "a";
  two!.data(large);
  // One whose message is complete does not wait for those of others, and stays in order.
  three!.next.reset = "";
  three!.flush();
  await Promise.resolve().then(() => {});
  await new Promise<void>((resolve) => queueMicrotask(resolve));
  assert.deepEqual(crossed, [{
    t: "streams",
    all: [
      { t: "stream", fn: 7, n: 3, reset: "" },
      { t: "stream", fn: 7, n: 1, head: "a" },
      { t: "stream", fn: 7, n: 2, data: large },
    ],
  }]);
  assert.deepEqual(moved, [[large.buffer]]);
  one!.next.end = true;
  await Promise.resolve().then(() => {});
  await new Promise<void>((resolve) => queueMicrotask(resolve));
  assert.deepEqual(crossed[1], { t: "stream", fn: 7, n: 1, end: true });
});
