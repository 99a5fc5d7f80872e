/** What came into one direction of an exchange, what the guest saw of it, and what went on. Every byte has its number. */
import assert from "node:assert/strict";
import type { HeaderMap } from "../../abi/proxywasm/header_map.ts";
import type { StreamSink } from "../../abi/proxywasm/stream_sink.ts";
import { BodyAction, HeadersAction } from "../../abi/proxywasm/types.ts";

/** Bytes are numbered from 0, so there are no more than 256. */
export const MOST_BYTES = 250;

export class Way implements StreamSink {
  /** What was fed. */
  readonly came = {
    headers: false,
    body: false,
    bytes: 0,
    end: false,
    trailers: false,
  };
  /** What went on. */
  readonly went = {
    headers: false,
    bytes: [] as number[],
    end: false,
    trailers: false,
  };
  pressed = false;
  stopped = false;
  /** The module has no body callback for it. */
  unseen = false;
  /** A pause of the headers leaves what follows them coming. */
  headersAlone = false;
  /** The instance failed: nobody sees anything any more. */
  guestGone = false;
  /** The guest wrote trailers. */
  made = false;
  /** Fed with an answer of the owner's. */
  isLocal = false;
  /** The first thing that was wrong: what throws in a callback or in a promise would be taken for the guest's trap. */
  wrong: unknown;
  /** Looked at before anything goes on. */
  before: () => void = () => {};
  /** The module has no trailers callback for it: they go on, and all but headers with them. */
  trailersUnseen = false;
  /** The part that the guest last answered for, with a wish to wait. */
  #paused: string | undefined;
  /** Since it was last asked somebody wished to go on. */
  #continued = false;
  readonly #seen = new Set<number>();
  readonly #dropped = new Set<number>();
  #sawEnd = false;

  get headersCame(): boolean {
    return this.came.headers;
  }

  /** The next bytes to be fed. */
  next(count: number): Uint8Array {
    const from = this.came.bytes;
    this.came.bytes = Math.min(from + count, MOST_BYTES);
    return Uint8Array.from(
      { length: this.came.bytes - from },
      (_, i) => from + i,
    );
  }

  /** Nothing may go on from now. */
  stop(): void {
    this.stopped = true;
  }

  /** Runs a check, whose failure is kept. */
  check(look: () => void): void {
    try {
      look();
    } catch (error) {
      this.wrong ??= error;
    }
  }

  /** The guest is shown something, and told that it has `size`. */
  shown(
    part: string,
    bytes: Uint8Array | undefined,
    size: number,
    end: boolean,
  ): void {
    this.check(() => {
      assert.ok(!this.guestGone, "a guest that failed was entered");
      assert.ok(!this.#sawEnd, `${part} after an end`);
      assert.equal(size, bytes?.length ?? 0, "the size that is said");
    });
    if (end) this.#sawEnd = true;
    this.#continued = false;
    for (const byte of bytes ?? []) this.#seen.add(byte);
  }

  /** The guest, or another callback of its instance, asks for what waits. */
  goOn(): void {
    this.#continued = true;
  }

  /** The instance failed and is bypassed. */
  bypassed(): void {
    this.guestGone = true;
    this.#paused = undefined;
  }

  /** The guest answered for the part that it was shown. */
  answered(part: string, action: number, bytes: Uint8Array | undefined): void {
    const goesOn = action === HeadersAction.continue ||
      part === "headers" && action === HeadersAction.continueAndEndStream;
    this.#paused = goesOn ? undefined : part;
    if (bytes === undefined || action < BodyAction.stopNoBuffer) return;
    for (const byte of bytes) this.#dropped.add(byte);
  }

  headers(_map: HeaderMap, end: boolean): void {
    this.check(() => {
      this.#goesOn();
      assert.ok(!this.went.headers, "headers went on twice");
    });
    this.went.headers = true;
    this.went.end = end;
  }

  data(bytes: Uint8Array, end: boolean): void {
    this.check(() => {
      this.#goesOn();
      assert.ok(this.went.headers, "data went on before headers");
      for (const byte of bytes) this.#checkByte(byte);
    });
    this.went.end = end;
    this.went.bytes.push(...bytes);
  }

  trailers(): void {
    this.check(() => {
      this.#goesOn();
      assert.ok(this.went.headers, "trailers went on before headers");
    });
    this.went.trailers = this.went.end = true;
  }

  #checkByte(byte: number): void {
    const last = this.went.bytes.at(-1) ?? -1;
    assert.ok(byte > last, `byte ${byte} went on after ${last}`);
    assert.ok(!this.#dropped.has(byte), `byte ${byte} was not to be kept`);
    const seen = this.unseen || this.guestGone || this.#seen.has(byte);
    assert.ok(seen, `byte ${byte} went on without being shown`);
  }

  #goesOn(): void {
    this.before();
    assert.ok(!this.stopped, "something went on after the stop");
    assert.ok(!this.went.end, "something went on after the end");
    const waits = this.#paused !== undefined && !this.#continued &&
      !this.#passedUnseen();
    assert.ok(!waits, "something went on while the guest wanted it to wait");
  }

  /** What follows the part that waits is not shown to the guest, so it goes on and takes that part along. */
  #passedUnseen(): boolean {
    const { came } = this;
    const trailers = came.trailers && this.trailersUnseen;
    if (this.#paused === "body") return trailers;
    return this.#paused === "headers" && this.headersAlone &&
      (trailers || came.body && this.unseen);
  }

  /** Nothing is paused any more: all that came has gone on or was dropped on purpose. */
  checkAll(): void {
    if (this.stopped || !this.came.headers) return;
    const { came, went } = this;
    assert.ok(went.headers, "headers never went on");
    const kept = came.bytes - this.#dropped.size;
    assert.equal(went.bytes.length, kept, "bytes that went on");
    assert.equal(went.trailers, came.trailers || this.made, "trailers");
    assert.equal(went.end, came.end, "the end");
    assert.equal(this.pressed, false, "the source waits for nothing");
  }
}
