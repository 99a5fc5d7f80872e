/**
 * Short byte strings that come again and again, as names of fields do: the same text each time, without making a new
 * one. Making it costs 130 ns, and looking it up in a map afterwards 80 more, since a new text has no hash yet.
 */
import { decodeByteString } from "./text.ts";

/** Longer ones are made anew. */
const LONGEST = 32;
/** A power of two. Whatever comes later takes the place of what has the same hash, so nobody can fill our memory. */
const PLACES = 256;

const texts: string[] = new Array(PLACES).fill("");

/** `bytes[at, at+length)` as a byte string. */
export function internedByteString(
  bytes: Uint8Array,
  at: number,
  length: number,
): string {
  if (length > LONGEST) return decodeByteString(bytes, at, length);
  let hash = length;
  for (let i = at; i < at + length; i++) {
    hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
  }
  const place = (hash ^ hash >>> 12) & (PLACES - 1);
  const known = texts[place]!;
  if (isText(known, bytes, at, length)) return known;
  return texts[place] = decodeByteString(bytes, at, length);
}

function isText(
  text: string,
  bytes: Uint8Array,
  at: number,
  length: number,
): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) !== bytes[at + i]) return false;
  }
  return true;
}
