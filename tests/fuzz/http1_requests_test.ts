/** Requests of HTTP/1 clients, as bytes. */
import assert from "node:assert/strict";
import { decodeByteString } from "../../abi/text.ts";
import { Http1Connection } from "../../runtime/ingress/http1/connection.ts";
import type { Incoming, Reply } from "../../runtime/ingress/incoming.ts";
import { cut } from "./engine/cut.ts";
import { fuzz } from "./engine/fuzz.ts";
import { HTTP1_REQUESTS } from "./http1_requests.ts";
import { readRequests } from "./http1_oracle.ts";

interface Asked extends Pick<Incoming, "method" | "path" | "headers"> {
  body: string;
  end: "none" | "end" | "trailers" | "broken" | "under way";
}

interface Outcome {
  asked: Asked[];
  /** All that was answered, without dates. */
  answered: string;
  http2: string | undefined;
}

const NONE = new Uint8Array(0);
const ADDRESS = { transport: "tcp", hostname: "::1", port: 1 } as const;

const text = (bytes: Uint8Array) => decodeByteString(bytes, 0, bytes.length);

/** What becomes of a connection whose client says so much and leaves; all requests are answered once they are whole. */
async function serve(chunks: Iterable<Uint8Array>): Promise<Outcome> {
  const outcome: Outcome = { asked: [], answered: "", http2: undefined };
  const said = chunks[Symbol.iterator]();
  const closed = Promise.withResolvers<void>();
  let rest: Uint8Array = NONE;
  const conn = {
    remoteAddr: ADDRESS,
    localAddr: ADDRESS,
    read(buffer: Uint8Array) {
      while (rest.length === 0) {
        const { value, done } = said.next();
        if (done) return Promise.resolve(null);
        rest = value;
      }
      const count = Math.min(rest.length, buffer.length);
      buffer.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return Promise.resolve(count);
    },
    write(bytes: Uint8Array) {
      outcome.answered += text(bytes);
      return Promise.resolve(bytes.length);
    },
    closeWrite: () => Promise.resolve(),
    close() {},
  } as unknown as Deno.TcpConn;
  const connection = new Http1Connection(conn, {
    handler: (request, reply) => outcome.asked.push(ask(request, reply)),
    http2(_, __, first) {
      outcome.http2 = text(first) + text(rest);
      for (const more of { [Symbol.iterator]: () => said }) {
        outcome.http2 += text(more);
      }
      closed.resolve();
    },
    closed: () => closed.resolve(),
  });
  await connection.run();
  await closed.promise;
  outcome.answered = outcome.answered.replaceAll(/date: [^\r]* GMT\r\n/g, "");
  return outcome;
}

function ask({ method, path, headers, body }: Incoming, reply: Reply): Asked {
  const asked: Asked = { method, path, headers, body: "", end: "none" };
  const answer = () => reply.whole(200, [], NONE);
  if (body === undefined) {
    answer();
    return asked;
  }
  asked.end = "under way";
  const close = (end: Asked["end"]) => {
    assert.equal(asked.end, "under way", "a body that ends twice");
    asked.end = end;
  };
  body.read({
    data(bytes, end) {
      assert.equal(asked.end, "under way", "bytes after a body's end");
      asked.body += text(bytes);
      if (!end) return;
      close("end");
      answer();
    },
    trailers() {
      close("trailers");
      answer();
    },
    broken: () => close("broken"),
  });
  return asked;
}

/** The same, without what may differ: whether consent was needed, and what came of a body before it broke off. */
async function outcomeOf(chunks: Iterable<Uint8Array>): Promise<Outcome> {
  const outcome = await serve(chunks);
  outcome.answered = outcome.answered
    .replaceAll("HTTP/1.1 100 Continue\r\n\r\n", "");
  for (const asked of outcome.asked) {
    assert.notEqual(asked.end, "under way");
    if (asked.end === "broken") asked.body = "";
  }
  return outcome;
}

Deno.test("requests are the same wherever their bytes are cut in two, or into single ones", async () => {
  for (const input of HTTP1_REQUESTS) {
    const whole = await outcomeOf([input]);
    for (let at = 1; at < input.length; at++) {
      const pieces = [input.subarray(0, at), input.subarray(at)];
      assert.deepEqual(await outcomeOf(pieces), whole, `cut at ${at}`);
    }
    const single = [...input].map((byte) => Uint8Array.of(byte));
    assert.deepEqual(await outcomeOf(single), whole);
  }
});

fuzz({
  says:
    "requests are the same however their bytes are cut, and those that a strict reader finds too",
  name: "http1_requests",
  corpus: HTTP1_REQUESTS,
  minimum: 2_000,
  async run(input) {
    const whole = await outcomeOf([input]);
    assert.deepEqual(await outcomeOf(cut(input)), whole);
    const { requests, wrong } = readRequests(text(input));
    if (whole.http2 !== undefined) {
      assert.equal(whole.http2.slice(0, 18), "PRI * HTTP/2.0\r\n\r\n");
      return true;
    }
    const served = whole.asked.filter(({ end }) => end !== "broken");
    assert.deepEqual(
      served.map(({ method, body }) => `${method} ${body}`),
      requests.map(({ line, body }) => `${line.split(" ")[0]} ${body}`),
    );
    const answers = [...whole.answered.matchAll(/HTTP\/1\.1 ([0-9]{3}) /g)]
      .map(([, status]) => Number(status));
    assert.deepEqual(
      answers.map((status) => status === 200),
      [...requests.map(() => true), ...(wrong ? [false] : [])],
    );
    return requests.length > 0;
  },
});
