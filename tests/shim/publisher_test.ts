/** Events against a real ttrpc server in containerd's place. */
import assert from "node:assert/strict";
import { EVENTS } from "../../proto/containerd/names.ts";
import { TaskExit, TaskOOM } from "../../proto/gen/containerd/events.ts";
import {
  type Envelope,
  ForwardRequest,
} from "../../proto/gen/containerd/forward.ts";
import { Empty } from "../../proto/gen/google/protobuf/empty.ts";
import { toTimestamp } from "../../proto/timestamp.ts";
import { Code, Server, TtrpcError, unary } from "../../proto/ttrpc/mod.ts";
import { Publisher } from "../../shim/events/publisher.ts";
import { forwardRequest } from "../../shim/events/messages.ts";
import { Log } from "../../shim/log.ts";
import { inFolder } from "./root.ts";

/** Takes events; `onEvent` may hold one up or refuse it. */
class Taker {
  readonly envelopes: Envelope[] = [];
  /** Calls that were under way at once, at most. */
  most = 0;
  #now = 0;
  readonly #server: Server;
  readonly #done: Promise<void>;

  constructor(path: string, onEvent: (at: number) => void | Promise<void>) {
    this.#server = new Server({
      [EVENTS]: {
        Forward: unary(ForwardRequest, Empty, async ({ envelope }) => {
          assert(envelope);
          this.most = Math.max(this.most, ++this.#now);
          try {
            await onEvent(this.envelopes.length);
            this.envelopes.push(envelope);
          } finally {
            this.#now--;
          }
          return {};
        }),
      },
    });
    this.#done = this.#server.serve(Deno.listen({ transport: "unix", path }));
  }

  get topics(): string[] {
    return this.envelopes.map(({ topic }) => topic);
  }

  get ids(): string[] {
    return this.envelopes.map(({ event }) =>
      TaskOOM.decode(event?.value ?? new Uint8Array()).containerId
    );
  }

  async close(): Promise<void> {
    await this.#server.shutdown({ graceMs: 0 });
    await this.#done;
  }
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

async function withPublisher(
  fn: (publisher: Publisher, path: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const publisher = new Publisher(`${folder}/s`, "ns", new Log(false));
    try {
      await fn(publisher, `${folder}/s`);
    } finally {
      publisher.close();
      await publisher.flushed(10_000);
    }
  });
}

Deno.test("events come one at a time and in order, however long each takes", async () => {
  await withPublisher(async (publisher, path) => {
    const taker = new Taker(path, (at) => pause(at % 3 === 0 ? 8 : 0));
    const ids = Array.from({ length: 12 }, (_, at) => `t${at}`);
    for (const containerId of ids) {
      publisher.publish("TaskOOM", { containerId });
    }
    await publisher.flushed(10_000);
    assert.deepEqual(taker.ids, ids);
    assert.equal(taker.most, 1);
    publisher.close();
    await taker.close();
  });
});

Deno.test("an envelope has time, namespace, topic and an event of the bare name", async () => {
  await withPublisher(async (publisher, path) => {
    const taker = new Taker(path, () => {});
    publisher.publish("TaskExit", {
      containerId: "c",
      id: "c",
      pid: 7,
      exitStatus: 137,
      exitedAt: toTimestamp(1234),
    }, 5678);
    await publisher.flushed(10_000);
    const [envelope] = taker.envelopes;
    assert.equal(envelope?.namespace, "ns");
    assert.equal(envelope?.topic, "/tasks/exit");
    assert.deepEqual(envelope?.timestamp, toTimestamp(5678));
    assert.equal(envelope?.event?.typeUrl, "containerd.events.TaskExit");
    const exit = TaskExit.decode(envelope?.event?.value ?? new Uint8Array());
    assert.equal(exit.exitStatus, 137);
    assert.deepEqual(exit.exitedAt, toTimestamp(1234));
    publisher.close();
    await taker.close();
  });
});

Deno.test("an event without a namespace is never sent: it would crash containerd", () => {
  assert.throws(
    () => forwardRequest("", "TaskOOM", { containerId: "c" }, 0),
    /no namespace/,
  );
});

Deno.test("a containerd that restarts is dialled again, and no event is lost", async () => {
  await withPublisher(async (publisher, path) => {
    const first = new Taker(path, () => {});
    publisher.publish("TaskOOM", { containerId: "a" });
    await publisher.flushed(10_000);
    await first.close();
    const second = new Taker(path, () => {});
    publisher.publish("TaskOOM", { containerId: "b" });
    await publisher.flushed(10_000);
    await second.close();
    // Away for longer than one try.
    publisher.publish("TaskOOM", { containerId: "c" });
    await pause(50);
    const third = new Taker(path, () => {});
    publisher.publish("TaskOOM", { containerId: "d" });
    await publisher.flushed(10_000);
    assert.deepEqual([first.ids, second.ids, third.ids], [
      ["a"],
      ["b"],
      ["c", "d"],
    ]);
    publisher.close();
    await third.close();
  });
});

Deno.test("an event containerd refuses is dropped, and the next one comes", async () => {
  await withPublisher(async (publisher, path) => {
    let refused = 0;
    const taker = new Taker(path, () => {
      if (refused++ === 0) throw new TtrpcError(Code.InvalidArgument, "no");
    });
    publisher.publish("TaskOOM", { containerId: "a" });
    publisher.publish("TaskOOM", { containerId: "b" });
    await publisher.flushed(10_000);
    assert.deepEqual(taker.ids, ["b"]);
    assert.equal(refused, 2);
    publisher.close();
    await taker.close();
  });
});

Deno.test("the queue is bounded: the one under way and the newest stay", async () => {
  await withPublisher(async (publisher, path) => {
    for (let at = 0; at < 3000; at++) {
      publisher.publish("TaskOOM", { containerId: `${at}` });
    }
    await pause(20);
    const taker = new Taker(path, () => {});
    await publisher.flushed(20_000);
    assert.equal(taker.ids.length, 2048);
    assert.equal(taker.ids[0], "0");
    assert.equal(taker.ids.at(-1), "2999");
    publisher.close();
    await taker.close();
  });
});

Deno.test("a publisher that is closed lets everybody go, though nobody listens", async () => {
  await withPublisher(async (publisher) => {
    publisher.publish("TaskOOM", { containerId: "a" });
    await publisher.flushed(10);
    publisher.close();
    await publisher.flushed(10_000);
  });
});
