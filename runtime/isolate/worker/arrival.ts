/** A request that reached a function: what the guest sees of it, and what we know besides. */
import type { Facts, GuestRequest } from "../../../abi/host.ts";
import type { Pair } from "../../http/fields.ts";
import type { Incoming } from "../../ingress/incoming.ts";
import type { WireRequest } from "../messages.ts";

const NONE = new Uint8Array(0);
const NO_CHAIN: readonly string[] = [];

/** The body is the real one, empty where there is none; the function may put its query string there. */
export interface Arrival extends GuestRequest {
  headers: readonly Pair[];
  /** Ids of the functions that wait for this answer, outermost first. */
  readonly chain: readonly string[];
}

/** A request from this isolate's own listener. A class, so that all have the same shape. */
export class HttpArrival implements Arrival {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly scheme: string;
  readonly headers: readonly Pair[];
  readonly facts: Facts;
  readonly chain = NO_CHAIN;
  body: Uint8Array;
  bodyIsReal: boolean;

  constructor(request: Incoming, body: Uint8Array = NONE) {
    this.method = request.method;
    this.path = request.path;
    this.authority = request.authority;
    this.scheme = request.scheme;
    this.headers = request.headers;
    this.facts = request.facts;
    this.body = body;
    this.bodyIsReal = body.length > 0;
  }
}

/** A request that came from another isolate. */
export function arrivalOf(request: WireRequest): Arrival {
  return { ...request, body: request.bodyIsReal ? request.body : NONE };
}
