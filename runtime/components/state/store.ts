/**
 * A state store component: what Layotto's `spec.proto.runtime.v1` state calls need of a key-value backend.
 * Keys arrive as the backend stores them (prefix already applied). Every method rejects with `StoreError` when the
 * backend does not answer; the message names the store, the place and what to do, and holds no secret.
 */
export interface StateStore {
  /**
   * Undefined where there is no such key; a present empty value is an empty array. No promise where the value is at
   * hand: each promise between two threads that wait for each other costs 1 µs and more.
   */
  get(key: string): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  set(key: string, value: Uint8Array): Promise<void>;
  /** Sets only where the key is absent; true when it was. */
  setIfAbsent(key: string, value: Uint8Array): Promise<boolean>;
  delete(key: string): Promise<void>;
  /** Undefined when well, else why not (for readiness). Must answer within a second. */
  health(): Promise<string | undefined>;
  close(): Promise<void>;
}

export class StoreError extends Error {
  override name = "StoreError";
}
