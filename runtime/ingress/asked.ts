/** What either version of HTTP refuses of what is asked for. */
import { Malformed } from "../http/malformed.ts";

/** What no target has: white space, control characters, a fragment, which is the client's own. Bytes beyond ASCII go through. */
const NOT_IN_TARGET = unwanted("#");

/** @throws {Malformed} */
export function checkTarget(method: string, target: string): void {
  if (method === "CONNECT") {
    throw new Malformed("the method CONNECT, which is for proxies", 501);
  }
  if (target === "" || has(NOT_IN_TARGET, target)) throw bad("target", target);
}

/** A table of blanks, control characters, and `others`; a regular expression costs more for texts this short. */
export function unwanted(others: string): Uint8Array {
  const table = new Uint8Array(256).fill(1, 0, 0x21);
  table[0x7f] = 1;
  for (const other of others) table[other.charCodeAt(0)] = 1;
  return table;
}

/** Whether something of `table` is in a byte string. */
export function has(table: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (table[text.charCodeAt(i)] === 1) return true;
  }
  return false;
}

/** `what` of the request is nothing that can be: `text`. */
export function bad(what: string, text: string): Malformed {
  const shown = JSON.stringify(text.slice(0, 80));
  return new Malformed(`the ${what} ${shown}`);
}
