/** One HTTP request over a connection of its own, with no client library between. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface Answer {
  status: number;
  body: string;
  bytes: Uint8Array;
  /** Size of head and body. */
  size: number;
}

export interface Question {
  path?: string;
  id?: string;
  /** Sent with POST. */
  sent?: string;
}

/** A GET or POST on loopback, its answer read to its end. @throws {Deno.errors.ConnectionRefused} */
export async function ask(
  port: number,
  { path = "/", id, sent }: Question = {},
): Promise<Answer> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    const named = id === undefined ? "" : `id: ${id}\r\n`;
    const method = sent === undefined ? "GET" : "POST";
    const length = sent === undefined
      ? ""
      : `Content-Length: ${encoder.encode(sent).length}\r\n`;
    await conn.write(encoder.encode(
      `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${named}${length}Connection: close\r\n\r\n${
        sent ?? ""
      }`,
    ));
    return parse(await readAll(conn));
  } finally {
    conn.close();
  }
}

/** Asks until there is an answer, with a millisecond between two tries. @throws {Error} at the deadline (20 s). */
export async function askUntilAnswered(
  port: number,
  every = 1,
): Promise<Answer> {
  const deadline = performance.now() + 20_000;
  while (true) {
    try {
      return await ask(port);
    } catch (error) {
      const refused = error instanceof Deno.errors.ConnectionRefused;
      if (!refused || performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/** @throws {Error} naming both when they differ. */
export function mustBe(what: string, found: string, wanted: string): void {
  if (found !== wanted) {
    throw new Error(
      `${what}: found ${JSON.stringify(found)}, expected ${
        JSON.stringify(wanted)
      }`,
    );
  }
}

let lastPort = 20_000 + Math.floor(Math.random() * 8_000);

/**
 * A port that nobody listens on at this moment, each time another, and below those the kernel hands out itself: a host
 * of the same crowd that asks for any port must not get one that was promised here.
 */
export function freePort(): number {
  while (true) {
    lastPort = lastPort >= 32_000 ? 20_000 : lastPort + 1;
    try {
      Deno.listen({ hostname: "0.0.0.0", port: lastPort }).close();
      return lastPort;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Until the answer is as long as it says, or the server closes the connection: some take their time over that. */
async function readAll(conn: Deno.Conn): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  let expected = Infinity;
  while (length < expected) {
    const part = new Uint8Array(16 * 1024);
    const size = await conn.read(part);
    if (size === null) break;
    parts.push(part.subarray(0, size));
    length += size;
    if (parts.length === 1) expected = sizeOf(part.subarray(0, size));
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

/** Bytes of an answer that tells its length in the part that came first. */
function sizeOf(first: Uint8Array): number {
  const text = new TextDecoder("latin1").decode(first);
  const end = text.indexOf("\r\n\r\n");
  const length = /^content-length: *(\d+)\r$/im.exec(text.slice(0, end + 2));
  return end < 0 || length === null ? Infinity : end + 4 + Number(length[1]);
}

function parse(answer: Uint8Array): Answer {
  const text = new TextDecoder("latin1").decode(answer);
  const end = text.indexOf("\r\n\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
  if (end < 0 || !status) {
    throw new Error(`found ${JSON.stringify(text)}, expected an HTTP answer`);
  }
  const bytes = answer.slice(end + 4);
  return { status, bytes, body: decoder.decode(bytes), size: answer.length };
}
