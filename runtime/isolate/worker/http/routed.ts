/** A request of another isolate's listener: how its answer goes back there. */
import { pairsOf } from "../../../ingress/fields.ts";
import type { WireRequest, WireResponse } from "../../messages.ts";
import { isStreaming } from "./client.ts";
import { type Chain, serveRouted } from "./serve.ts";

/** Answers as the isolate's own listener would, the body as it comes unless it is there as a whole. */
export async function answerRouted(
  chain: Chain,
  request: WireRequest,
): Promise<WireResponse> {
  const response = await serveRouted(chain, request);
  const { status, body } = response;
  const headers = pairsOf(response.headers);
  return body !== null && isStreaming(response)
    ? { status, headers, body: new Uint8Array(0), stream: body }
    : { status, headers, body: new Uint8Array(await response.arrayBuffer()) };
}
