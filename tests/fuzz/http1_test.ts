/** Responses of HTTP/1 servers, as bytes. */
import assert from "node:assert/strict";
import { Failure } from "../../runtime/upstream/failure.ts";
import { ResponseReader } from "../../runtime/upstream/http1/response.ts";
import type { Pair } from "../../runtime/http/fields.ts";
import { cut } from "./engine/cut.ts";
import { fuzz } from "./engine/fuzz.ts";
import { HTTP1_RESPONSES } from "./http1_responses.ts";

interface Outcome {
  head?: Pair[];
  body: number[];
  trailers?: Pair[];
  /** Why it is no response, or where it broke off. */
  failed?: string;
}

/** Reads a response whose connection ends with the last chunk. Throws where its parts come in a wrong order. */
function read(method: string, chunks: Iterable<Uint8Array>): Outcome {
  const outcome: Outcome = { body: [] };
  let ended = false;
  const reader = new ResponseReader(method, {
    head(fields, end) {
      assert.ok(!ended && outcome.head === undefined, "a second head");
      assert.match(fields[0]!.join(), /^:status,[2-9][0-9]{2}$/);
      outcome.head = fields;
      ended = end;
    },
    data(bytes, end) {
      assert.ok(
        !ended && outcome.head,
        "data before the head or after the end",
      );
      outcome.body.push(...bytes);
      ended = end;
    },
    trailers(fields) {
      assert.ok(!ended && outcome.head, "trailers after the end");
      outcome.trailers = fields;
      ended = true;
    },
    failed: () => assert.fail("the reader throws instead"),
    sent: () => assert.fail("nothing is sent"),
  });
  try {
    for (const chunk of chunks) {
      // A socket never reads nothing.
      if (reader.done || chunk.length === 0) break;
      reader.take(chunk);
    }
    reader.end();
    assert.ok(ended, "a response without an end");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    assert.ok(!ended, "a response that is complete failed");
    outcome.failed = error.message;
  }
  assert.equal(reader.done, ended);
  assert.equal(reader.delivered, outcome.body.length);
  return outcome;
}

fuzz({
  says:
    "a response is the same however its bytes are cut, or fails in the same way",
  name: "http1",
  corpus: HTTP1_RESPONSES,
  minimum: 2_000,
  run(input) {
    const method = input.length % 7 === 0 ? "HEAD" : "GET";
    const whole = read(method, [input]);
    const pieces = read(method, cut(input));
    assert.ok(pieces.body.length <= input.length);
    // What a broken chunk came with may be told or not.
    if (whole.failed !== undefined) {
      assert.deepEqual(pieces.body.slice(0, whole.body.length), whole.body);
      whole.body = pieces.body;
    }
    assert.deepEqual(pieces, whole);
    return whole.failed === undefined;
  },
});
