/** Keys of containers as map keys. */
import type { Key } from "./messages.ts";

/** A key as one string, for maps. */
export function keyName(key: Key): string {
  return `${key.pod}\0${key.container}\0${key.exec}`;
}
