/** The handler of a listener whose isolate holds no function of its own to answer with: everything is routed. */
import type { Facts } from "../../abi/host.ts";
import type { WireRequest, WireResponse } from "../isolate/messages.ts";
import { bodyOf } from "./announced.ts";
import { toResponse, understood } from "./answers.ts";
import { pathOf, toWire } from "./request.ts";

/** A body that is said to be no longer goes along with its request, which is faster: bytes. */
const SHORT = 64 * 1024;

const NONE = new Uint8Array(0);

export type Route = (
  request: WireRequest,
  id: string | undefined,
) => Promise<WireResponse>;

/** Routes a request: its body, unless it is short, and that of the answer go through as they come. */
export async function handOver(
  request: Request,
  route: Route,
  facts?: Facts,
): Promise<Response> {
  const id = request.headers.get("id") || undefined;
  const body = await bodyOf(request);
  const declared = request.headers.get("content-length");
  const short = declared !== null && Number(declared) <= SHORT;
  const bytes = body !== null && short
    ? new Uint8Array(await request.arrayBuffer())
    : NONE;
  const wire = toWire(request, pathOf(request.url), bytes, facts);
  wire.streams = true;
  if (body !== null && !short) wire.stream = body;
  return toResponse(understood(await route(wire, id), request.headers));
}
