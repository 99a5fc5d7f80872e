/** Functions calling functions inside one host (ABI.md §5.1): what an outside request with that body would get. */
import { Patience } from "./patience.ts";
import type { WireRequest, WireResponse } from "../isolate/messages.ts";

/** Layotto's RPC timeout: milliseconds. */
export const INVOKE_TIMEOUT = 3000;
const patience = new Patience(INVOKE_TIMEOUT);
/** Functions that may wait for each other in one chain of calls; a cycle ends here. */
export const MAX_CHAIN = 32;

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
  const request: WireRequest = {
    method: "GET",
    path: method.startsWith("/") ? method : `/${method}`,
    authority: "localhost",
    scheme: "http",
    headers: [["host", "localhost"], ["id", id]],
    body: param,
    bodyIsReal: param.length > 0,
    chain,
  };
  const answer = await patience.wait(route(request, id));
  if (!answer) {
    throw new Error(
      `function ${id} invoked: no answer within ${INVOKE_TIMEOUT} ms`,
    );
  }
  if (answer.status !== 200) {
    throw new Error(
      `function ${id} invoked: it answered ${answer.status}${
        answer.error ? ` (${answer.error})` : ""
      }`,
    );
  }
  return answer.body;
}

/** The promise's value, or undefined once `milliseconds` went by. */
export async function withTimeout<T>(
  promise: Promise<T>,
  milliseconds: number,
): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) =>
    timer = setTimeout(() => resolve(undefined), milliseconds)
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
