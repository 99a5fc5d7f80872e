/** A client that sends a request piece by piece and tells what came back, byte for byte where that matters. */
import type { Piece } from "./case.ts";
import { Reader } from "./reader.ts";
import type { Arrived } from "./upstream.ts";

/** What a client got. */
export interface Answer {
  /** Status line and fields; "" if none came. */
  head: string;
  body: string;
  trailers: string;
  /** How it ended: `whole`, `cut` (the connection ended before the message), `nothing more` (no end in time). */
  end: "whole" | "cut" | "nothing more";
}

const encoder = new TextEncoder();

/** Sends `pieces` to `port` of this machine and reads one answer, for at most `limit` milliseconds. */
export async function converse(
  port: number,
  pieces: Piece[],
  limit = 1500,
): Promise<Answer> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const answer: Arrived = { head: "", body: "", trailers: "", whole: false };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"nothing more">((resolve) =>
    timer = setTimeout(() => resolve("nothing more"), limit)
  );
  const reading = read(new Reader(connection), answer, pieces);
  try {
    const sending = send(connection, pieces);
    const cut = await Promise.race([sending, late]);
    const end = cut === "close" ? "cut" : await Promise.race([reading, late]);
    return { ...answer, end };
  } finally {
    clearTimeout(timer);
    try {
      connection.close();
    } catch {
      // It was cut on purpose.
    }
    await reading;
  }
}

async function send(connection: Deno.TcpConn, pieces: Piece[]) {
  for (const piece of pieces) {
    if (piece === "close") {
      connection.close();
      return "close";
    }
    if (typeof piece === "number") {
      await new Promise((done) => setTimeout(done, piece));
    } else {
      // The other side may have hung up: what it said before is what counts.
      try {
        await connection.write(encoder.encode(piece));
      } catch {
        return;
      }
    }
  }
}

async function read(
  reader: Reader,
  answer: Arrived,
  pieces: Piece[],
): Promise<"whole" | "cut"> {
  let head: string | undefined;
  do head = await reader.until("\r\n\r\n"); while (
    head?.startsWith("HTTP/1.1 1") && !head.startsWith("HTTP/1.1 101")
  );
  if (head === undefined) {
    answer.body = reader.held;
    return "cut";
  }
  answer.head = head;
  const bodiless = String(pieces[0]).startsWith("HEAD") ||
    /^HTTP\/1.1 (204|304)/.test(head);
  if (bodiless) return "whole";
  if (/^transfer-encoding: *chunked/im.test(head)) {
    for (;;) {
      const size = await reader.until("\r\n");
      if (size === undefined) return "cut";
      const count = parseInt(size, 16);
      if (count === 0) break;
      if (!await reader.take(count, answer)) return "cut";
      await reader.until("\r\n");
    }
    for (
      let line = await reader.until("\r\n");
      line;
      line = await reader.until("\r\n")
    ) {
      answer.trailers += `${line}\r\n`;
    }
    return "whole";
  }
  const length = /^content-length: *(\d+)/im.exec(head);
  if (length === null) {
    while (await reader.more());
    answer.body = reader.held;
    return "whole";
  }
  return await reader.take(Number(length[1]), answer) ? "whole" : "cut";
}

/** Speaks over TCP without HTTP: everything that came until the other side closes or `limit` ms after the last piece. */
export async function talk(
  port: number,
  pieces: Piece[],
  limit = 400,
): Promise<Answer> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const reader = new Reader(connection);
  const reading = (async () => {
    while (await reader.more());
    return "whole" as const;
  })();
  const cut = await send(connection, pieces);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"nothing more">((resolve) =>
    timer = setTimeout(() => resolve("nothing more"), limit)
  );
  const end = cut === "close" ? "cut" : await Promise.race([reading, late]);
  clearTimeout(timer);
  try {
    connection.close();
  } catch {
    // It was cut on purpose.
  }
  await reading;
  return { head: "", body: reader.held, trailers: "", end };
}
