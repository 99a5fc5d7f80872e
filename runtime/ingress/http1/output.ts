/** What a connection writes, in order; what is said in one turn is written together. */
import { after } from "../../../proto/after.ts";
import { appended } from "../../../proto/appended.ts";
import { joined } from "../../../proto/joined.ts";
import { turn, type Writer } from "./turn.ts";

/** Bytes that wait for a slow client before the answer has to. */
const WINDOW = 64 * 1024;
/** Bytes that are put together rather than written one after the other. */
const SMALL = 16 * 1024;
/** Bytes of a message that has room in an array which is used again. */
const ROOM = 1024;
/** Milliseconds that a connection which is over waits for a client that reads nothing. */
const LINGER = 5000;

const NOTHING = new Uint8Array(0);
const NO_PARTS: Uint8Array[] = [];

export interface OutputEvents {
  /** Whether more is to wait. */
  pressure(on: boolean): void;
  /** Nothing can be written any more. */
  broken(): void;
}

export class Output implements Writer {
  /** Bytes that the client has been sent. */
  written = 0;
  /** Whether something is still to be sent. */
  writing = false;
  readonly #conn: Deno.Conn;
  readonly #events: OutputEvents;
  #parts: Uint8Array[] = NO_PARTS;
  /** What is being written. */
  #current: Uint8Array = NOTHING;
  #room: Uint8Array | undefined;
  /** What of the room was written last: answers are often as long as the last one, and a view costs more than a look. */
  #part: Uint8Array = NOTHING;
  /** Bytes given and not yet written. */
  #waiting = 0;
  #pressed = false;
  #over = false;
  /** Called when all is written. */
  #done: (() => void) | undefined;

  constructor(conn: Deno.Conn, events: OutputEvents) {
    this.#conn = conn;
    this.#events = events;
  }

  /** Whether what was given before this has to be read first. */
  get full(): boolean {
    return this.#pressed;
  }

  /** Room for at least `size` bytes of what is written next, without making an array for each. */
  room(size: number): Uint8Array {
    if (this.writing || size > ROOM) return new Uint8Array(size);
    return this.#room ??= new Uint8Array(ROOM);
  }

  /** Writes the first `size` bytes of what `room` gave. */
  writeRoom(room: Uint8Array, size: number): void {
    if (room !== this.#room) return this.write(room.subarray(0, size));
    if (this.#part.length !== size) this.#part = room.subarray(0, size);
    this.write(this.#part);
  }

  /** Keeps `bytes` until they are written, together with what else is said in this turn. */
  write(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#waiting += bytes.length;
    this.#parts = appended(this.#parts, bytes);
    if (!this.writing) {
      this.writing = true;
      turn.write(this);
    }
    this.#press();
  }

  /** Takes no more, and calls `done` when all was written, or nothing can be for a while; again if called again. */
  finish(done: () => void): void {
    this.#over = true;
    const waits = this.#done !== undefined;
    this.#done = done;
    if (!this.writing) done();
    else if (!waits) this.#linger();
  }

  #linger(): void {
    const before = this.written;
    after(LINGER, () => {
      if (!this.writing) return;
      if (this.written === before) this.#done!();
      else this.#linger();
    });
  }

  flush(): void {
    this.#write(this.#next());
  }

  /** By hand and not with `await`: that costs a request 0.5 µs. */
  #write(bytes: Uint8Array): void {
    this.#current = bytes;
    this.#conn.write(bytes).then(this.#wrote, this.#failed);
  }

  readonly #wrote = (count: number): void => {
    this.written += count;
    this.#waiting -= count;
    if (this.#pressed) this.#press();
    if (count < this.#current.length) {
      this.#write(this.#current.subarray(count));
    } else if (this.#parts.length > 0) this.#write(this.#next());
    else this.#rest();
  };

  readonly #failed = (): void => {
    this.#parts = NO_PARTS;
    if (!this.#over) this.#events.broken();
    this.#rest();
  };

  #rest(): void {
    this.#current = NOTHING;
    this.writing = false;
    this.#done?.();
  }

  /** Small parts in one. */
  #next(): Uint8Array {
    const parts = this.#parts;
    const first = parts[0]!;
    if (parts.length === 1) {
      this.#parts = NO_PARTS;
      return first;
    }
    let size = 0;
    let count = 0;
    while (count < parts.length && size + parts[count]!.length <= SMALL) {
      size += parts[count++]!.length;
    }
    if (count < 2) {
      parts.shift();
      return first;
    }
    return joined(parts.splice(0, count));
  }

  #press(): void {
    const pressed = this.#waiting > WINDOW;
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    if (!this.#over) this.#events.pressure(pressed);
  }
}
