/** How the tables of host calls are written. A table binds each name to an instance's state. */
import type { GuestHost } from "./host.ts";
import type { GuestMemory } from "./memory.ts";
import type { HostFunction } from "./suspend.ts";

/** What every host call has at hand, whatever kind of guest makes it. */
export interface HostState {
  readonly host: GuestHost;
  readonly memory: GuestMemory;
}

/** Makes the function of one name for one instance. */
export type Binder<S> = (state: S) => HostFunction;

/** A host call with its properties. */
export interface HostCall<S> {
  bind: Binder<S>;
  /** It may give a promise: the guest waits for it. */
  suspends: boolean;
  /** The guest's allocator may call it. */
  whileAllocating: boolean;
}

/** Host calls by import name. A bare binder neither suspends nor may be called by the allocator. */
export type HostCallTable<S> = Record<string, Binder<S> | HostCall<S>>;

/** A host call that may give a promise. */
export function suspends<S>(bind: Binder<S>): HostCall<S> {
  return { bind, suspends: true, whileAllocating: false };
}

/** A host call that the guest's allocator may make. */
export function whileAllocating<S>(bind: Binder<S>): HostCall<S> {
  return { bind, suspends: false, whileAllocating: true };
}

/** An entry of a table in its long form. */
export function normalized<S>(entry: Binder<S> | HostCall<S>): HostCall<S> {
  return typeof entry === "function"
    ? { bind: entry, suspends: false, whileAllocating: false }
    : entry;
}
