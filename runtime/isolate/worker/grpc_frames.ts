/**
 * Messages on a gRPC stream. Each has five bytes before it: whether it is compressed, and its length, big-endian. No I/O.
 */

const PREFIX = 5;

/** A message that is over the receiver's limit. */
export class FrameTooLarge extends Error {
  override name = "FrameTooLarge";
}

/** One message with its prefix. */
export function frameOf(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(PREFIX + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, PREFIX);
  return frame;
}

/** Bytes in, whole messages out. */
export class FrameReader {
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  /** @param limit bytes of one message. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes bytes and gives the messages they complete.
   * @throws {FrameTooLarge} a length over the limit. @throws {Error} a message is compressed, or the prefix is none.
   */
  push(bytes: Uint8Array): Uint8Array[] {
    if (bytes.length > 0) this.#parts.push(bytes);
    this.#length += bytes.length;
    const messages: Uint8Array[] = [];
    while (this.#length >= PREFIX) {
      const size = this.#size();
      if (this.#length < PREFIX + size) break;
      messages.push(this.#take(PREFIX + size).subarray(PREFIX));
    }
    return messages;
  }

  /** The length of the message that is next. */
  #size(): number {
    if (this.#parts[0]!.length < PREFIX) this.#gather();
    const [flag = 0, a = 0, b = 0, c = 0, d = 0] = this.#parts[0]!;
    if (flag !== 0) {
      throw new Error(
        flag === 1
          ? "a message is compressed, and no compression was offered"
          : `a message begins with the byte ${flag}, expected 0 or 1`,
      );
    }
    const size = ((a * 256 + b) * 256 + c) * 256 + d;
    if (size > this.#limit) {
      throw new FrameTooLarge(
        `a message of ${size} bytes is over the limit of ${this.#limit}`,
      );
    }
    return size;
  }

  #take(count: number): Uint8Array {
    if (this.#parts[0]!.length < count) this.#gather();
    const first = this.#parts[0]!;
    this.#length -= count;
    if (first.length === count) this.#parts.shift();
    else this.#parts[0] = first.subarray(count);
    // A copy of its own, since the rest of the block may live longer.
    return first.slice(0, count);
  }

  /** All parts as one. */
  #gather(): void {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    this.#parts = [all];
  }
}
