/** Bits into bytes, the lowest first (RFC 1951, section 3.1.1). */
export class BitWriter {
  #bytes = new Uint8Array(1024);
  #size = 0;
  #bits = 0;
  #count = 0;

  /** Up to 16 bits. */
  put(value: number, count: number): void {
    this.#bits |= value << this.#count;
    this.#count += count;
    while (this.#count >= 8) {
      this.#byte(this.#bits & 0xff);
      this.#bits >>>= 8;
      this.#count -= 8;
    }
  }

  /** The contents of a stored block, after its header's bits: at most 65535 bytes. */
  stored(bytes: Uint8Array): void {
    this.#align();
    this.put(bytes.length, 16);
    this.put(~bytes.length & 0xffff, 16);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  bytes(): Uint8Array {
    this.#align();
    return this.#bytes.subarray(0, this.#size);
  }

  #align(): void {
    if (this.#count > 0) this.#byte(this.#bits & 0xff);
    this.#bits = this.#count = 0;
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#bytes[this.#size++] = byte;
  }

  #room(more: number): void {
    if (this.#size + more <= this.#bytes.length) return;
    const larger = new Uint8Array(
      Math.max(2 * this.#bytes.length, this.#size + more),
    );
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
