/**
 * Where a function runs: the one place that decides it. Today each function has isolates of its own, mostly one; a pool
 * of isolates that share the instances of many functions would be decided here, and nowhere else.
 */
import { IsolateGroup } from "./group.ts";
import { Isolate, type IsolateEvents } from "./isolate.ts";

/** What is known of a function when its place is sought. */
export interface Placement {
  name: string;
  /** Isolates it asks for, at least 1. */
  isolates: number;
  /** The addresses its isolates may have to listen on, `host:port`. */
  addresses: readonly string[];
  /** Isolates without a function that may take this one. */
  vacant: IsolateGroup | undefined;
}

/** @returns isolates to load the function into, new ones where none fit. */
export function placeFunction(
  { name, isolates, addresses, vacant }: Placement,
  events: IsolateEvents,
): IsolateGroup {
  if (vacant?.size === isolates) return vacant;
  return new IsolateGroup(
    Array.from(
      { length: isolates },
      (_, i) => new Isolate(i === 0 ? name : `${name}-${i}`, addresses, events),
    ),
  );
}
