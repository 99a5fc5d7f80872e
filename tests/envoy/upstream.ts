/** The service behind the proxies: answers by the path of the request and remembers what arrived. */

import { Reader } from "./reader.ts";

/** What came over one connection, as text a person reads. */
export interface Arrived {
  head: string;
  body: string;
  trailers: string;
  /** The message ended as its framing says. */
  whole: boolean;
}

export interface Upstream {
  port: number;
  /** What arrived since the last call. */
  take(): Arrived[];
  close(): void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/** Answers by path: pieces of text, pauses in milliseconds, "close" to cut. */
const ANSWERS: Record<string, (request: Arrived) => (string | number)[]> = {
  "/plain": () => [
    "HTTP/1.1 200 OK\r\nx-from: upstream\r\ncontent-length: 15\r\n\r\nupstream answer",
  ],
  "/empty": () => [
    "HTTP/1.1 200 OK\r\nx-from: upstream\r\ncontent-length: 0\r\n\r\n",
  ],
  "/chunks": () => [
    "HTTP/1.1 200 OK\r\nx-from: upstream\r\ntransfer-encoding: chunked\r\n\r\n",
    60,
    "3\r\none\r\n",
    60,
    "3\r\ntwo\r\n",
    60,
    "5\r\nthree\r\n",
    60,
    "0\r\n\r\n",
  ],
  "/trailers": () => [
    "HTTP/1.1 200 OK\r\nx-from: upstream\r\ntrailer: x-end\r\ntransfer-encoding: chunked\r\n\r\n",
    60,
    "3\r\none\r\n",
    60,
    "0\r\nx-end: yes\r\n\r\n",
  ],
  "/echo": ({ body }) => [
    `HTTP/1.1 200 OK\r\nx-from: upstream\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  ],
  "/early": () => [
    "HTTP/1.1 200 OK\r\nx-from: upstream\r\ncontent-length: 5\r\n\r\nearly",
  ],
  "/slow": () => [
    300,
    "HTTP/1.1 200 OK\r\nx-from: upstream\r\ncontent-length: 4\r\n\r\nslow",
  ],
  "/status": () => [
    "HTTP/1.1 503 Service Unavailable\r\nx-from: upstream\r\ncontent-length: 3\r\n\r\nbad",
  ],
  "/duplicate": () => [
    "HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nX-Mixed: one\r\nset-cookie: b=2\r\nx-mixed: two\r\ncontent-length: 2\r\n\r\nok",
  ],
  "/big": () => [
    `HTTP/1.1 200 OK\r\nx-from: upstream\r\ncontent-length: 300000\r\n\r\n${
      "b".repeat(300000)
    }`,
  ],
  "/reset": () => ["close"],
  "/hang": () => [4000],
  "/cut": () => [
    "HTTP/1.1 200 OK\r\nx-from: upstream\r\ncontent-length: 20\r\n\r\nonly",
    60,
    "close",
  ],
};

/** Paths whose answer does not wait for the request's end. */
const EAGER = ["/early"];

/** An HTTP service on a free port of this machine. */
export function startUpstream(): Upstream {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const arrived: Arrived[] = [];
  accept(listener, (connection) => serve(connection, arrived));
  return {
    port: listener.addr.port,
    take: () => arrived.splice(0),
    close: () => listener.close(),
  };
}

/** A service that says `got <data>` to each piece of data, `welcome` first, and hangs up at `bye`. */
export function startTalker(): Upstream {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const arrived: Arrived[] = [];
  accept(listener, async (connection) => {
    const seen = { head: "tcp", body: "", trailers: "", whole: true };
    arrived.push(seen);
    const buffer = new Uint8Array(65536);
    for (;;) {
      const n = await connection.read(buffer);
      if (n === null) break;
      const text = decoder.decode(buffer.subarray(0, n));
      seen.body += text;
      await connection.write(encoder.encode(`got ${text}`));
      if (!text.includes("bye")) continue;
      // So that its end does not arrive together with its last word.
      await new Promise((done) => setTimeout(done, 60));
      break;
    }
    connection.close();
  });
  return {
    port: listener.addr.port,
    take: () => arrived.splice(0),
    close: () => listener.close(),
  };
}

async function accept(
  listener: Deno.TcpListener,
  serve: (connection: Deno.TcpConn) => Promise<void>,
): Promise<void> {
  try {
    for await (const connection of listener) {
      connection.setNoDelay(true);
      serve(connection).catch(() => {});
    }
  } catch {
    // The listener was closed.
  }
}

async function serve(
  connection: Deno.TcpConn,
  arrived: Arrived[],
): Promise<void> {
  const reader = new Reader(connection);
  try {
    for (;;) {
      const head = await reader.until("\r\n\r\n");
      if (head === undefined) return;
      const seen: Arrived = { head, body: "", trailers: "", whole: false };
      arrived.push(seen);
      const path = head.split(" ")[1]!.split("?")[0]!;
      const eager = EAGER.includes(path);
      const reading = readBody(reader, seen);
      if (!eager) await reading;
      if (!eager && !seen.whole) return;
      const answer = ANSWERS[path] ?? ANSWERS["/plain"]!;
      for (const piece of answer(seen)) {
        if (piece === "close") return;
        if (typeof piece === "number") {
          await new Promise((done) => setTimeout(done, piece));
        } else await writeAll(connection, encoder.encode(piece));
      }
      await reading;
    }
  } finally {
    connection.close();
  }
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length;) {
    at += await connection.write(bytes.subarray(at));
  }
}

async function readBody(reader: Reader, seen: Arrived): Promise<void> {
  const length = /^content-length: *(\d+)/im.exec(seen.head);
  if (/^transfer-encoding: *chunked/im.test(seen.head)) {
    await readChunks(reader, seen);
  } else {
    const body = await reader.take(Number(length?.[1] ?? 0), seen);
    seen.whole = body;
  }
}

async function readChunks(reader: Reader, seen: Arrived): Promise<void> {
  for (;;) {
    const size = await reader.until("\r\n");
    if (size === undefined) return;
    const bytes = parseInt(size, 16);
    if (bytes === 0) break;
    if (!await reader.take(bytes, seen)) return;
    await reader.until("\r\n");
  }
  for (;;) {
    const line = await reader.until("\r\n");
    if (line === undefined) return;
    if (line === "") break;
    seen.trailers += `${line}\r\n`;
  }
  seen.whole = true;
}
