/** Bodies as streams and back. */
import assert from "node:assert/strict";
import type { IncomingBody } from "../../../runtime/ingress/incoming.ts";
import { collect } from "../../../runtime/ingress/streams.ts";

/** A body of ten bytes in two parts. */
function ten(
  declared?: number,
): IncomingBody & { stopped: boolean; wasRead: boolean } {
  return {
    declared,
    stopped: false,
    wasRead: false,
    read(sink) {
      this.wasRead = true;
      sink.data(new Uint8Array(4), false);
      if (!this.stopped) sink.data(new Uint8Array(6), true);
    },
    hold() {},
    stop() {
      this.stopped = true;
    },
  };
}

Deno.test("a body over the limit is refused, declared or not; at the limit it passes", async () => {
  assert.equal((await collect(ten(10), 10))?.length, 10);
  assert.equal((await collect(ten(), 10))?.length, 10);
  for (const [body, limit] of [[ten(), 9], [ten(11), 10]] as const) {
    assert.equal(await collect(body, limit), undefined);
    assert(body.stopped);
    // One that is said to be too long is not even looked at.
    assert.equal(body.wasRead, body.declared === undefined);
  }
});
