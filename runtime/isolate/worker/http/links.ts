/** Instances for an exchange: one of each function of its chain. */
import { appended } from "../../../../proto/appended.ts";
import type { LocalFunction } from "../function.ts";
import type { Slot } from "../pool.ts";
import type { Link } from "./exchange.ts";

function linkTo(fn: LocalFunction, slot: Slot): Link {
  return { fn, slot, root: slot.roots.get(fn) };
}

/** The links at once, if each function has an instance that can be entered. */
export function linksNow(chain: readonly LocalFunction[]): Link[] | undefined {
  let links: Link[] = [];
  for (const fn of chain) {
    const slot = fn.pool.take();
    if (slot === undefined) return undefined;
    links = appended(links, linkTo(fn, slot));
  }
  return links;
}

/**
 * The links as soon as they can be had. An instance may be suspended again by then: what it is asked waits in it.
 * @returns the function of which no instance could be had within `milliseconds`, where there is one.
 */
export async function linksLater(
  chain: readonly LocalFunction[],
  milliseconds: number,
): Promise<Link[] | LocalFunction> {
  const deadline = performance.now() + milliseconds;
  const links: Link[] = [];
  for (const fn of chain) {
    const slot = fn.pool.take() ??
      await fn.pool.wait(Math.max(1, deadline - performance.now()));
    if (slot === undefined) return fn;
    links.push(linkTo(fn, slot));
  }
  return links;
}
