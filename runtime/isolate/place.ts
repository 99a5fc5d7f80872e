/**
 * Where a function runs: the one place that decides it. Today each function has an isolate of its own; a pool of
 * isolates that share the instances of many functions would be decided here, and nowhere else.
 */
import { Isolate, type IsolateEvents } from "./isolate.ts";

/** What is known of a function when its place is sought. */
export interface Placement {
  name: string;
  /** The address its isolate may have to listen on, `host:port`, or undefined where it never will. */
  listenAddress: string | undefined;
  /** An isolate without a function that may take this one. */
  vacant: Isolate | undefined;
}

/** @returns an isolate to load the function into, a new one where none fits. */
export function placeFunction(
  wanted: Placement,
  events: IsolateEvents,
): Isolate {
  return wanted.vacant ??
    new Isolate(wanted.name, wanted.listenAddress, events);
}
