/**
 * A ttrpc client of a few lines, apart from the one in `proto/ttrpc` on purpose: it writes frames that no client
 * should, and its bytes come from SHIM.md's table rather than from our encoder.
 */
import type { Box } from "./box.ts";

export const FrameType = { request: 1, response: 2, data: 3 } as const;

export interface Frame {
  stream: number;
  type: number;
  flags: number;
  payload: Uint8Array;
}

/** A connection to a socket inside a box. */
export class RawTtrpc {
  readonly #conn: Deno.UnixConn;
  #buffer = new Uint8Array();

  private constructor(conn: Deno.UnixConn) {
    this.#conn = conn;
  }

  /** @param address as a shim prints it: `unix://` and a path inside the box. */
  static async connect(box: Box, address: string): Promise<RawTtrpc> {
    const path = box.path(address.replace(/^unix:\/\//, ""));
    return new RawTtrpc(await Deno.connect({ transport: "unix", path }));
  }

  async send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
  }

  /** The next frame; undefined when the peer has closed. */
  async receive(): Promise<Frame | undefined> {
    while (true) {
      const frame = this.#take();
      if (frame) return frame;
      const chunk = new Uint8Array(65536);
      const count = await this.#conn.read(chunk);
      if (count === null) return undefined;
      this.#buffer = concat(this.#buffer, chunk.subarray(0, count));
    }
  }

  /** Ends our side of the connection; the peer's answers can still be read. */
  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  close(): void {
    this.#conn.close();
  }

  #take(): Frame | undefined {
    if (this.#buffer.length < 10) return undefined;
    const view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset);
    const length = view.getUint32(0);
    if (this.#buffer.length < 10 + length) return undefined;
    const frame = {
      stream: view.getUint32(4),
      type: view.getUint8(8),
      flags: view.getUint8(9),
      payload: this.#buffer.slice(10, 10 + length),
    };
    this.#buffer = this.#buffer.slice(10 + length);
    return frame;
  }
}

/** The bytes of a frame; `length` lies about the payload's length when given. */
export function frame(
  stream: number,
  type: number,
  payload: Uint8Array,
  { flags = 0, length = payload.length } = {},
): Uint8Array {
  const bytes = new Uint8Array(10 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length);
  view.setUint32(4, stream);
  view.setUint8(8, type);
  view.setUint8(9, flags);
  bytes.set(payload, 10);
  return bytes;
}

/** A protobuf field of bytes or text, its length below 2^14. */
export function field(number: number, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string"
    ? new TextEncoder().encode(value)
    : value;
  const length = bytes.length < 128
    ? [bytes.length]
    : [(bytes.length & 127) | 128, bytes.length >> 7];
  return concat(new Uint8Array([(number << 3) | 2, ...length]), bytes);
}

/** A ttrpc Request message. */
export function request(
  service: string,
  method: string,
  payload: Uint8Array,
): Uint8Array {
  return concat(field(1, service), field(2, method), field(3, payload));
}

/** What a Response message says: its status code (0 when absent), message and payload. */
export function response(
  bytes: Uint8Array,
): { code: number; message: string; payload: Uint8Array } {
  const status = fields(bytes).get(1);
  const inner = fields(status instanceof Uint8Array ? status : undefined);
  const message = inner.get(2);
  const payload = fields(bytes).get(2);
  return {
    code: Number(inner.get(1) ?? 0),
    message: message instanceof Uint8Array
      ? new TextDecoder().decode(message)
      : "",
    payload: payload instanceof Uint8Array ? payload : new Uint8Array(),
  };
}

/** Fields of a small protobuf message: varints as numbers, the rest as bytes; the last of a number wins. */
export function fields(
  bytes: Uint8Array = new Uint8Array(),
): Map<number, number | Uint8Array> {
  const found = new Map<number, number | Uint8Array>();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("protobuf ends inside a number");
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) === 0) found.set(tag >> 3, varint());
    else if ((tag & 7) === 2) {
      const length = varint();
      if (at + length > bytes.length) throw new Error("protobuf ends early");
      found.set(tag >> 3, bytes.slice(at, at += length));
    } else throw new Error(`protobuf wire type ${tag & 7} at byte ${at}`);
  }
  return found;
}

export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
