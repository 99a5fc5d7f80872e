/** One TCP connection to a cluster, with half-closing and windows in both directions. */
import { packEnds } from "./ends.ts";
import type { Cluster } from "./clusters.ts";
import { joined } from "../../proto/joined.ts";
import { WINDOW } from "./stream.ts";

const READ_SIZE = 64 * 1024;
const NO_BYTES = new Uint8Array(0);

export interface TcpLinkEvents {
  /** As `ResponseSink.connection`. */
  connection(ends: string): void;
  /** With `end` the other end will send nothing more. */
  data(bytes: Uint8Array, end: boolean): void;
  /** Both directions are over: `reason` where that was no orderly end. Nothing comes after this. */
  closed(reason: string | undefined): void;
  sent(bytes: number): void;
}

export class TcpLink {
  readonly #events: TcpLinkEvents;
  #socket: Deno.Conn | undefined;
  #queue: Uint8Array[] = [];
  #sendEnded = false;
  #wroteEnd = false;
  #readEnded = false;
  #writing = false;
  #behind = 0;
  #resume: (() => void) | undefined;
  #over = false;

  constructor(cluster: Cluster, events: TcpLinkEvents) {
    this.#events = events;
    cluster.connect().then(
      (socket) => this.#connected(socket),
      (error) => this.#finish((error as Error).message),
    );
  }

  send(bytes: Uint8Array, end: boolean): void {
    if (this.#over || this.#sendEnded) return;
    if (bytes.length > 0) this.#queue.push(bytes);
    this.#sendEnded = end;
    this.#pump();
  }

  consumed(bytes: number): void {
    this.#behind -= bytes;
    if (this.#behind >= WINDOW) return;
    this.#resume?.();
    this.#resume = undefined;
  }

  /** Closes at once; nothing more is told. */
  cancel(): void {
    this.#over = true;
    this.#close();
  }

  #connected(socket: Deno.Conn): void {
    this.#socket = socket;
    if (this.#over) return this.#close();
    const ends = packEnds(socket.remoteAddr, socket.localAddr);
    if (ends !== undefined) this.#events.connection(ends);
    this.#pump();
    this.#read(socket);
  }

  async #pump(): Promise<void> {
    const socket = this.#socket;
    if (this.#writing || !socket) return;
    this.#writing = true;
    try {
      while (this.#queue.length > 0 && !this.#over) {
        const bytes = joined(this.#queue.splice(0));
        for (let at = 0; at < bytes.length;) {
          at += await socket.write(bytes.subarray(at));
        }
        if (!this.#over) this.#events.sent(bytes.length);
      }
      if (this.#sendEnded && !this.#wroteEnd && !this.#over) {
        this.#wroteEnd = true;
        await socket.closeWrite();
        this.#settle();
      }
    } catch {
      // The reader hears why.
    }
    this.#writing = false;
  }

  async #read(socket: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(READ_SIZE);
    try {
      while (!this.#over) {
        const count = await socket.read(buffer);
        if (this.#over) return;
        if (count === null) break;
        this.#behind += count;
        this.#events.data(buffer.slice(0, count), false);
        while (this.#behind >= WINDOW && !this.#over) {
          await new Promise<void>((resolve) => this.#resume = resolve);
        }
      }
    } catch (error) {
      return this.#finish((error as Error).message);
    }
    if (this.#over) return;
    this.#readEnded = true;
    this.#events.data(NO_BYTES, true);
    this.#settle();
  }

  #settle(): void {
    if (this.#readEnded && this.#wroteEnd) this.#finish(undefined);
  }

  #finish(reason: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#close();
    this.#events.closed(reason);
  }

  #close(): void {
    this.#queue = [];
    this.#resume?.();
    try {
      this.#socket?.close();
    } catch {
      // It is closed already.
    }
  }
}
