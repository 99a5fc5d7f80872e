/** Clients of a listener that say raw bytes, and what its handler was asked. */
import { openListener } from "../../../runtime/ingress/listener.ts";
import type {
  BodySink,
  Handler,
  Incoming,
  IncomingBody,
  Reply,
} from "../../../runtime/ingress/incoming.ts";
import { bytesOf } from "../../../runtime/http/write.ts";
import { decodeByteString } from "../../../abi/text.ts";

/** A listener for one test. */
export class Server implements AsyncDisposable {
  readonly #listener;
  readonly #clients: Client[] = [];
  #closed: Promise<void> | undefined;

  constructor(handler: Handler) {
    this.#listener = openListener("127.0.0.1", 0, handler);
  }

  async connect(said = ""): Promise<Client> {
    const { port } = this.#listener;
    const client = new Client(await Deno.connect({ port }));
    this.#clients.push(client);
    await client.say(said);
    return client;
  }

  /** All that is answered to a client that says so much and no more. */
  async talk(said: string): Promise<string> {
    const client = await this.connect(said);
    await client.conn.closeWrite();
    return client.rest();
  }

  close(): Promise<void> {
    return this.#closed ??= this.#listener.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.leave();
    await this.close();
  }
}

export class Client {
  #heard = "";

  constructor(readonly conn: Deno.TcpConn) {}

  async say(text: string): Promise<void> {
    const bytes = bytesOf(text);
    for (let at = 0; at < bytes.length;) {
      at += await this.conn.write(bytes.subarray(at));
    }
  }

  /** What comes up to and with `end`. */
  async until(end: string): Promise<string> {
    let at: number;
    while ((at = this.#heard.indexOf(end)) < 0) {
      if (!await this.#more()) throw new Error(`an end after ${this.#heard}`);
    }
    const text = this.#heard.slice(0, at + end.length);
    this.#heard = this.#heard.slice(at + end.length);
    return undated(text);
  }

  /** What comes until the connection's end. @throws where that is a reset. */
  async rest(): Promise<string> {
    while (await this.#more());
    return undated(this.#heard);
  }

  /** Waits for the end, whatever kind it is. */
  async ended(): Promise<void> {
    try {
      await this.rest();
    } catch { /* Reset. */ }
  }

  leave(): void {
    try {
      this.conn.close();
    } catch { /* It has left. */ }
  }

  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(65536);
    const count = await this.conn.read(buffer);
    if (count !== null) this.#heard += decodeByteString(buffer, 0, count);
    return count !== null;
  }
}

function undated(text: string): string {
  return text.replaceAll(/date: [^\r]+ GMT\r\n/g, "");
}

/** Answers with what was asked, once the body is there. */
export function echo(request: Incoming, reply: Reply): void {
  const { method, authority, path, headers } = request;
  const fields = headers.map(([name, value]) => `${name}=${value}`).join("&");
  const said = `${method} ${authority} ${path} ${fields}`;
  if (request.body === undefined) return answer(reply, said);
  whole(request.body, (body) => answer(reply, `${said} ${body}`));
}

/** Calls `done` with all of a body and its trailers; never where it breaks off. */
export function whole(body: IncomingBody, done: (text: string) => void): void {
  let text = "";
  body.read({
    data(bytes, end) {
      text += decodeByteString(bytes, 0, bytes.length);
      if (end) done(text);
    },
    trailers: (fields) => done(`${text} ${JSON.stringify(fields)}`),
    broken() {},
  });
}

export function answer(reply: Reply, text: string, status = 200): void {
  reply.whole(status, [], bytesOf(text));
}

/** The answer that `answer` gives. */
export function ok(text: string, keepAlive = true): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n` +
    `${keepAlive ? "" : "connection: close\r\n"}\r\n${text}`;
}

/** Status lines of all answers in a text whose bodies have none. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 ([0-9]{3}) /g)].map(([, s]) =>
    Number(s)
  );
}

/** A sink that keeps nothing. */
export const DEAF: BodySink = { data() {}, trailers() {}, broken() {} };
