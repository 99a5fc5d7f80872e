/** A request that reached a function: what the guest sees of it, and what we know besides. */
import type { Facts, GuestRequest } from "../../../abi/host.ts";
import { Fields } from "../../ingress/fields.ts";
import { authorityOf, pathOf } from "../../ingress/request.ts";
import type { WireRequest } from "../messages.ts";

const NONE = new Uint8Array(0);
const NO_CHAIN: readonly string[] = [];

/** The body is the real one, empty where there is none; the function may put its query string there. */
export interface Arrival extends GuestRequest {
  /** Ids of the functions that wait for this answer, outermost first. */
  readonly chain: readonly string[];
}

/**
 * A request from this isolate's own listener. A class, because its fields are read on demand (a header object costs a
 * microsecond) and getters in an object literal make a hidden class for each object.
 */
export class HttpArrival implements Arrival {
  readonly #request: Request;
  readonly path: string;
  readonly scheme = "http";
  body: Uint8Array;
  bodyIsReal: boolean;

  constructor(
    request: Request,
    readonly facts: Facts,
    body: Uint8Array = NONE,
  ) {
    this.#request = request;
    this.path = pathOf(request.url);
    this.body = body;
    this.bodyIsReal = body.length > 0;
  }

  get method(): string {
    return this.#request.method;
  }

  get headers(): Fields {
    return new Fields(this.#request.headers);
  }

  get authority(): string {
    return authorityOf(this.#request.url);
  }

  get chain(): readonly string[] {
    return NO_CHAIN;
  }
}

/** A request that came from another isolate. */
export function arrivalOf(request: WireRequest): Arrival {
  return { ...request, body: request.bodyIsReal ? request.body : NONE };
}
