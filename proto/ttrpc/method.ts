/**
 * A method as a server calls it: bytes in, bytes out.
 *
 * @module
 */

import type { CallContext } from "./call.ts";
import type { Codec } from "./message.ts";
import { Code, messageOf, TtrpcError } from "./status.ts";

/**
 * Answers one request. Throws (or rejects with) a {@linkcode TtrpcError} to
 * choose the code; anything else that is thrown becomes `Unknown`.
 */
export type Handler<Q, R> = (request: Q, call: CallContext) => R | Promise<R>;

/** A method without its types, made by {@linkcode unary}. */
export type Method = (
  payload: Uint8Array,
  call: CallContext,
) => Uint8Array | Promise<Uint8Array>;

/** Methods by name, by full name of the service. */
export type Services = Record<string, Record<string, Method>>;

/**
 * A method with one request and one reply. A request that cannot be decoded
 * is answered with `Internal`, as containerd's own library does.
 */
export function unary<Q, R>(
  requests: Codec<Q>,
  replies: Codec<R>,
  handler: Handler<Q, R>,
): Method {
  function encode(reply: R): Uint8Array {
    return replies.encode(reply).finish();
  }
  return (payload, call) => {
    let request: Q;
    try {
      request = requests.decode(payload);
    } catch (error) {
      throw new TtrpcError(
        Code.Internal,
        `${call.service}/${call.method}: unmarshal payload error: ${
          messageOf(error)
        }`,
        { cause: error },
      );
    }
    const reply = handler(request, call);
    return reply instanceof Promise ? reply.then(encode) : encode(reply);
  };
}
