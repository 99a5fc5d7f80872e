/** Shared data with compare-and-swap (ABI.md §4.4). */
import { MAX_SHARED_DATA_BYTES } from "../limits.ts";
import { Status } from "../types.ts";

/** A value and the number it was stored under. */
export interface SharedValue {
  readonly bytes: Uint8Array;
  readonly cas: number;
}

export class SharedData {
  readonly #values = new Map<string, SharedValue>();
  #bytes = 0;
  /** One counter for all keys; 0 means "no condition" and is never handed out. */
  #lastCas = 0;

  get(key: string): SharedValue | undefined {
    return this.#values.get(key);
  }

  /**
   * Stores `bytes`. With `cas` 0 always; else only while the key's number is `cas` (8), or where there is no such key.
   * 10 when all values together would exceed the limit.
   */
  set(key: string, bytes: Uint8Array, cas: number): Status {
    const before = this.#values.get(key);
    if (before !== undefined && cas !== 0 && before.cas !== cas) {
      return Status.casMismatch;
    }
    const freed = before === undefined ? 0 : key.length + before.bytes.length;
    const total = this.#bytes - freed + key.length + bytes.length;
    if (total > MAX_SHARED_DATA_BYTES) return Status.internalFailure;
    this.#bytes = total;
    this.#lastCas = this.#lastCas === 0xffffffff ? 1 : this.#lastCas + 1;
    this.#values.set(key, { bytes, cas: this.#lastCas });
    return Status.ok;
  }
}
