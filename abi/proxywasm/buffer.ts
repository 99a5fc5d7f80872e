/** A body or another run of bytes that guests read in pieces and edit by splicing. */

const NOTHING = new Uint8Array(0);

export class ByteBuffer {
  #bytes: Uint8Array;
  #length: number;

  /** Takes `bytes` over; they are replaced, never written to, unless this buffer made them. */
  constructor(bytes: Uint8Array = NOTHING) {
    this.#bytes = bytes;
    this.#length = bytes.length;
  }

  get length(): number {
    return this.#length;
  }

  /** What is in the buffer. Valid until the next edit. */
  view(): Uint8Array {
    return this.#bytes.length === this.#length
      ? this.#bytes
      : this.#bytes.subarray(0, this.#length);
  }

  /** The part `[start, min(start + max, length))`, empty past the end. Valid until the next edit. */
  slice(start: number, max: number): Uint8Array {
    if (start === 0 && max >= this.#length) return this.view();
    return this.#bytes.subarray(
      Math.min(start, this.#length),
      Math.min(start + max, this.#length),
    );
  }

  /** Replaces everything by `bytes`, which it takes over. */
  replace(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#length = bytes.length;
  }

  /**
   * `proxy_set_buffer_bytes` (ABI.md §4.8): puts `data` in place of `[start, start + size)`, both clamped to the
   * buffer. So (0, 0) prepends, a start at or past the end appends, (0, all) replaces. Takes `data` over.
   */
  splice(start: number, size: number, data: Uint8Array): void {
    const from = Math.min(start, this.#length);
    const to = Math.min(from + size, this.#length);
    if (from === 0 && to === this.#length) return this.replace(data);
    if (from === this.#length) return this.#append(data);
    const out = new Uint8Array(from + data.length + this.#length - to);
    out.set(this.#bytes.subarray(0, from));
    out.set(data, from);
    out.set(this.#bytes.subarray(to, this.#length), from + data.length);
    this.replace(out);
  }

  /** Doubles the room when it is used up, so that a guest that appends byte by byte costs no more than it writes. */
  #append(data: Uint8Array): void {
    const length = this.#length + data.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.view());
      this.#bytes = grown;
    }
    this.#bytes.set(data, this.#length);
    this.#length = length;
  }
}
