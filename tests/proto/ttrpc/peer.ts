/**
 * A peer that sends whatever bytes a test wants over a real unix socket, and
 * reads frames back.
 *
 * @module
 */

import { type Frame, FrameReader } from "../../../proto/ttrpc/frame.ts";
import { Response } from "../../../proto/gen/ttrpc/ttrpc.ts";

/** One end of a connection, without any rule of the protocol. */
export class Peer {
  readonly #conn: Deno.Conn;
  readonly #reader = new FrameReader();
  readonly #frames: Frame[] = [];

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Connects to the unix socket at `path`. */
  static async connect(path: string): Promise<Peer> {
    return new Peer(await Deno.connect({ transport: "unix", path }));
  }

  /** Writes all of `data`. */
  async send(data: Uint8Array): Promise<void> {
    for (let pos = 0; pos < data.length;) {
      pos += await this.#conn.write(data.subarray(pos));
    }
  }

  /** The next frame, or `undefined` at the end of the stream. */
  async frame(): Promise<Frame | undefined> {
    const buffer = new Uint8Array(65_536);
    while (this.#frames.length === 0) {
      const count = await this.#conn.read(buffer);
      if (count === null) return undefined;
      this.#reader.push(buffer.subarray(0, count), (frame) => {
        this.#frames.push(frame);
      });
    }
    return this.#frames.shift();
  }

  /** The next frame as a reply: its id, code, error text and payload. */
  async reply(): Promise<
    { id: number; code: number; message: string; payload: Uint8Array }
  > {
    const frame = await this.frame();
    if (frame?.payload === undefined) throw new Error("no reply came");
    const { status, payload } = Response.decode(frame.payload);
    const { code = 0, message = "" } = status ?? {};
    return { id: frame.streamId, code, message, payload };
  }

  /** Ends our direction; the other stays open. */
  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  /** Closes; may be called after the other end did. */
  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

/** A path for a socket, and the end of the folder it is in. */
export function socketPath(): { path: string } & Disposable {
  const folder = Deno.makeTempDirSync({ prefix: "ttrpc-" });
  return {
    path: `${folder}/s`,
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}
