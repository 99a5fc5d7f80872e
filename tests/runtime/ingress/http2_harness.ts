/** Clients that say HTTP/2 frame by frame (RFC 9113 §4), and a listener for them. */
import assert from "node:assert/strict";
import { joined } from "../../../proto/joined.ts";
import type {
  Handler,
  Incoming,
  Reply,
} from "../../../runtime/ingress/incoming.ts";
import {
  type Listener,
  openListener,
} from "../../../runtime/ingress/listener.ts";
import type { Pair } from "../../../runtime/http/fields.ts";

export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 1;
export const END_HEADERS = 4;
/** Of a request without a body. */
export const ALL = END_HEADERS | END_STREAM;

export const PREFACE = latin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export interface Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Uint8Array;
}

/** A listener, and who asks it. */
export class Server implements AsyncDisposable {
  readonly #listener: Listener;
  #closed: Promise<void> | undefined;
  readonly #asked: [Incoming, Reply][] = [];
  readonly #waiting: ((asked: [Incoming, Reply]) => void)[] = [];

  /** Without a handler, the test answers what it gets from `asked`. */
  constructor(handler?: Handler) {
    this.#listener = openListener(
      "127.0.0.1",
      0,
      handler ?? ((request, reply) => this.#take(request, reply)),
    );
  }

  get port(): number {
    return this.#listener.port;
  }

  get unanswered(): number {
    return this.#asked.length;
  }

  /** The next request. */
  asked(): Promise<[Incoming, Reply]> {
    const next = this.#asked.shift();
    if (next !== undefined) return Promise.resolve(next);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): Promise<void> {
    return this.#closed ??= this.#listener.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #take(request: Incoming, reply: Reply): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#asked.push([request, reply]);
    else waiting([request, reply]);
  }
}

/** One connection. */
export class Client implements Disposable {
  readonly #conn: Deno.TcpConn;
  #frames: Frame[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Says its preface, settings that say nothing, and whatever else. */
  static connect(port: number, ...frames: Uint8Array[]): Promise<Client> {
    return Client.connectWith(port, [], ...frames);
  }

  /** Says its preface, those settings, and whatever else. */
  static async connectWith(
    port: number,
    settings: number[],
    ...frames: Uint8Array[]
  ): Promise<Client> {
    const client = new Client(await Deno.connect({ port }));
    await client.say(PREFACE, frame(SETTINGS, 0, 0, settings), ...frames);
    client.#run();
    return client;
  }

  async say(...frames: Uint8Array[]): Promise<void> {
    const bytes = joined(frames);
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
  }

  /** The next frame of that type, and of that stream; those before it that are not of either stay. */
  async frame(type: number, stream?: number): Promise<Frame> {
    while (true) {
      const at = this.#frames.findIndex((frame) =>
        frame.type === type && (stream ?? frame.stream) === frame.stream
      );
      if (at >= 0) return this.#frames.splice(at, 1)[0]!;
      assert(!this.#ended, `the connection ended before a frame ${type} came`);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** What has come and was not looked at, once all that was said is answered. */
  async rest(): Promise<Frame[]> {
    await this.say(frame(PING, 0, 0, new Uint8Array(8)));
    await this.frame(PING);
    return this.#frames.filter(({ stream }) => stream > 0);
  }

  /** Resolves when the server has closed the connection. */
  async ended(): Promise<void> {
    while (!this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch { /* The server has closed it. */ }
  }

  async #run(): Promise<void> {
    let bytes: Uint8Array = new Uint8Array(0);
    const buffer = new Uint8Array(64 * 1024);
    try {
      while (true) {
        const count = await this.#conn.read(buffer);
        if (count === null) break;
        bytes = joined([bytes, buffer.subarray(0, count)]);
        let at = 0;
        while (bytes.length - at >= 9) {
          const view = new DataView(bytes.buffer, bytes.byteOffset + at);
          const length = view.getUint32(0) >> 8;
          if (bytes.length - at < 9 + length) break;
          this.#frames.push({
            type: bytes[at + 3]!,
            flags: bytes[at + 4]!,
            stream: view.getUint32(5),
            payload: bytes.slice(at + 9, at + 9 + length),
          });
          at += 9 + length;
        }
        bytes = bytes.slice(at);
        this.#wake?.();
      }
    } catch { /* Closed by either. */ }
    this[Symbol.dispose]();
    this.#ended = true;
    this.#wake?.();
  }
}

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array | number[] = [],
): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length << 8 | type);
  bytes[4] = flags;
  view.setUint32(5, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** A head: method, path, scheme and authority, and other fields. */
export function head(
  method: string,
  path: string,
  ...fields: Pair[]
): number[] {
  return block(
    [":method", method],
    [":path", path],
    [":scheme", "http"],
    [":authority", "test.example"],
    ...fields,
  );
}

/** Fields as they are written without tables and Huffman's code (RFC 7541 §6.2.2). */
export function block(...fields: Pair[]): number[] {
  return fields.flatMap(([name, value]) => [0, ...text(name), ...text(value)]);
}

/** The code that a RST_STREAM has, or a GOAWAY. */
export function codeOf({ type, payload }: Frame): number {
  return new DataView(payload.buffer).getUint32(type === GOAWAY ? 4 : 0);
}

export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function text(value: string): number[] {
  const bytes = [...latin1(value)];
  if (bytes.length < 127) return [bytes.length, ...bytes];
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) length.push(rest & 127 | 128);
  return [...length, rest, ...bytes];
}
