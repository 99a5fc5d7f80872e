/** An invocation by way of the main isolate: the first of each caller, and whatever cannot go straight. */
import { bodyOf, invocationOf, MAX_CHAIN } from "../isolate/invocation.ts";
import type { WireRequest, WireResponse } from "../isolate/messages.ts";

/** @throws {Error} no such function, an answer other than 200, no answer in time, a chain without end. */
export async function invokeFunction(
  route: (request: WireRequest, id: string) => Promise<WireResponse>,
  id: string,
  method: string,
  param: Uint8Array,
  chain: string[],
): Promise<Uint8Array> {
  if (chain.length >= MAX_CHAIN) {
    const end = chain.slice(-4).join(" → ");
    throw new Error(
      `function ${id} not invoked: ${chain.length} functions wait for each other (… → ${end} → ${id})`,
    );
  }
  return await bodyOf(id, route(invocationOf(id, method, param, chain), id));
}
