/** Functions calling functions inside one host (ABI.md §5.1): what an outside request with that body would get. */
import type { WireRequest, WireResponse } from "./messages.ts";
import { Patience } from "./patience.ts";

/** Layotto's RPC timeout: milliseconds. */
export const INVOKE_TIMEOUT = 3000;
/** Functions that may wait for each other in one chain of calls; a cycle ends here. */
export const MAX_CHAIN = 32;

const patience = new Patience(INVOKE_TIMEOUT);

/** The request that an invocation is. */
export function invocationOf(
  id: string,
  method: string,
  param: Uint8Array,
  chain: string[],
): WireRequest {
  return {
    method: "GET",
    path: method.startsWith("/") ? method : `/${method}`,
    authority: "localhost",
    scheme: "http",
    headers: [["host", "localhost"], ["id", id]],
    body: param,
    bodyIsReal: param.length > 0,
    chain,
  };
}

/** The body that function `id` answered. @throws {Error} an answer other than 200, no answer in time. */
export async function bodyOf(
  id: string,
  answering: Promise<Pick<WireResponse, "status" | "body" | "error">>,
): Promise<Uint8Array> {
  const answer = await patience.wait(answering);
  if (!answer) {
    throw new Error(
      `function ${id} invoked: no answer within ${INVOKE_TIMEOUT} ms`,
    );
  }
  const { status, body, error } = answer;
  if (status === 200) return body;
  throw new Error(
    `function ${id} invoked: it answered ${status}${
      error ? ` (${error})` : ""
    }`,
  );
}
