/**
 * Where a function runs: the one place that decides it. Today each function has isolates of its own, mostly one; a pool
 * of isolates that share the instances of many functions would be decided here, and nowhere else.
 */
import { IsolateGroup } from "./group.ts";
import { Isolate, type IsolateEvents } from "./isolate.ts";

/** What is known of a function when its place is sought. */
export interface Placement {
  /** Isolates it asks for, at least 1. */
  isolates: number;
  /** The addresses its isolates may have to listen on, `host:port`. */
  addresses: readonly string[];
  /** Isolates without a function that may take this one. */
  vacant: IsolateGroup | undefined;
}

/** Isolates that were made before their function was known, for an address that was guessed. */
export class Spares {
  #isolate: Isolate | undefined;

  /** Makes one that may listen on `address`, `host:port`. A guess that is no address makes none. */
  prepare(address: string): void {
    try {
      this.#isolate = new Isolate([address]);
    } catch {
      // Whoever asks for that address in earnest is told what is wrong with it.
    }
  }

  /** One that may listen on `addresses` and nowhere else. The first who asks decides: a wrong guess ends there. */
  take(addresses: readonly string[]): Isolate | undefined {
    const isolate = this.#isolate;
    this.#isolate = undefined;
    if (isolate?.alive && `${isolate.addresses}` === `${addresses}`) {
      return isolate;
    }
    isolate?.terminate();
    return undefined;
  }
}

/** @returns isolates to load the function into, new ones where none fit. */
export function placeFunction(
  { isolates, addresses, vacant }: Placement,
  events: IsolateEvents,
  spares?: Spares,
): IsolateGroup {
  if (vacant?.size === isolates) return vacant;
  return new IsolateGroup(
    Array.from({ length: isolates }, () => {
      const isolate = spares?.take(addresses) ?? new Isolate(addresses);
      isolate.belongTo(events);
      return isolate;
    }),
  );
}
