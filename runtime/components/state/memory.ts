/** The state store `in-memory`: gone with the host, and bounded. */
import type { StoreContext } from "./registry.ts";
import { type StateStore, StoreError } from "./store.ts";

/** Bytes of keys and values that one store keeps; an entry counts 128 more for itself. */
const MAX_BYTES = 64 * 1024 * 1024;
const ENTRY = 128;

/** An empty store. */
export function openMemory(
  { name }: StoreContext,
  maxBytes = MAX_BYTES,
): StateStore {
  return new MemoryStore(name, maxBytes);
}

class MemoryStore implements StateStore {
  #values = new Map<string, Uint8Array>();
  #bytes = 0;
  #name: string;
  #max: number;

  constructor(name: string, max: number) {
    this.#name = name;
    this.#max = max;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#values.get(key)?.slice());
  }

  set(key: string, value: Uint8Array): Promise<void> {
    const old = this.#values.get(key);
    const bytes = this.#bytes + sizeOf(key, value) -
      (old ? sizeOf(key, old) : 0);
    if (bytes > this.#max) {
      return Promise.reject(
        new StoreError(
          `state store ${this.#name} (in-memory): found it full at ${this.#max} bytes; delete keys, or use type "sqlite" or "redis"`,
        ),
      );
    }
    this.#bytes = bytes;
    this.#values.set(key, value.slice());
    return Promise.resolve();
  }

  async setIfAbsent(key: string, value: Uint8Array): Promise<boolean> {
    if (this.#values.has(key)) return false;
    await this.set(key, value);
    return true;
  }

  delete(key: string): Promise<void> {
    const old = this.#values.get(key);
    if (old) this.#bytes -= sizeOf(key, old);
    this.#values.delete(key);
    return Promise.resolve();
  }

  health(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    this.#values.clear();
    this.#bytes = 0;
    return Promise.resolve();
  }
}

function sizeOf(key: string, value: Uint8Array): number {
  return key.length * 2 + value.length + ENTRY;
}
