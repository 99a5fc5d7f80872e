/** What either version of HTTP refuses of what is asked for. */
import { Malformed } from "../http/malformed.ts";

/** What no target has: white space, control characters, a fragment, which is the client's own. Bytes beyond ASCII go through. */
const BAD_TARGET = /[\0-\x20\x7f#]/;

/** @throws {Malformed} */
export function checkTarget(method: string, target: string): void {
  if (method === "CONNECT") {
    throw new Malformed("the method CONNECT, which is for proxies", 501);
  }
  if (target === "" || BAD_TARGET.test(target)) throw bad("target", target);
}

/** `what` of the request is nothing that can be: `text`. */
export function bad(what: string, text: string): Malformed {
  const shown = JSON.stringify(text.slice(0, 80));
  return new Malformed(`the ${what} ${shown}`);
}
