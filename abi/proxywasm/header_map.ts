/**
 * One header map as guests see it: pairs in order, duplicates kept, names in lower case. Names and values are byte
 * strings. A map of the request is filled from the host's iterable when it is first looked at, because most functions
 * never look.
 */
import { lowerName } from "../field.ts";
import { asByteString } from "../text.ts";
import type { Pair } from "./pairs.ts";

type Source = Iterable<readonly [string, string]>;

export class HeaderMap {
  #pairs: Pair[] | undefined;
  #source: Source | undefined;

  /** Names of `source` are in lower case; it is read when somebody looks. Without it the map is empty. */
  constructor(source?: Source) {
    this.#source = source;
    if (source === undefined) this.#pairs = [];
  }

  /** A map of `pairs`, which are the map's from now on: names in lower case, byte strings all. */
  static of(pairs: Pair[]): HeaderMap {
    const map = new HeaderMap(NOTHING);
    map.#pairs = pairs;
    return map;
  }

  /** The pairs; the caller does not change them. */
  get pairs(): readonly Pair[] {
    return this.#filled();
  }

  get size(): number {
    return this.#filled().length;
  }

  #filled(): Pair[] {
    if (this.#pairs !== undefined) return this.#pairs;
    const pairs: Pair[] = [];
    for (const pair of this.#source!) pairs.push(bytePair(pair));
    this.#source = undefined;
    return this.#pairs = pairs;
  }

  /** The first value of `name` (in lower case), or undefined. */
  get(name: string): string | undefined {
    name = this.#named(name);
    for (const pair of this.#filled()) {
      if (same(pair[0], name)) return pair[1];
    }
    return undefined;
  }

  /** Where there are pseudo fields `host` is another name of `:authority`, as in Envoy. */
  #named(name: string): string {
    return same(name, "host") && this.#hasPseudoFields() ? ":authority" : name;
  }

  #hasPseudoFields(): boolean {
    return this.#filled().some(([name]) => same(name, ":path"));
  }

  /** Appends a value; to that of a pseudo field, of which there is one, behind a comma, as in Envoy. */
  add(name: string, value: string): void {
    name = this.#named(name);
    const before = name[0] === ":" ? this.get(name) : undefined;
    if (before === undefined) this.#filled().push([name, value]);
    else this.replace(name, `${before},${value}`);
  }

  /** Puts a value before all others. */
  prepend(name: string, value: string): void {
    this.#filled().unshift([name, value]);
  }

  /** Puts one value in the place of all others of `name`: behind all fields, as in Envoy; a pseudo field stays where it is. */
  replace(name: string, value: string): void {
    name = this.#named(name);
    const pairs = this.#filled();
    const at = pairs.findIndex((pair) => same(pair[0], name));
    if (at >= 0 && name[0] === ":") {
      pairs[at] = [name, value];
      return;
    }
    if (at >= 0) this.remove(name);
    this.#filled().push([name, value]);
  }

  /** Removes all values of `name`. */
  remove(name: string): void {
    name = this.#named(name);
    this.#pairs = this.#filled().filter((pair) => pair[0] !== name);
  }

  /** Replaces the whole map. Names are put in lower case. */
  setAll(pairs: readonly Pair[]): void {
    this.#source = undefined;
    this.#pairs = pairs.map(([name, value]) => [lowerName(name), value]);
  }
}

const NOTHING: Source = [];

/** A pair of byte strings: the same, where it is one, since nobody changes pairs. */
export function bytePair(pair: readonly [string, string]): Pair {
  const name = asByteString(pair[0]);
  const value = asByteString(pair[1]);
  return name === pair[0] && value === pair[1] ? pair as Pair : [name, value];
}

/**
 * Whether two names are the same. Most differ in length, which is seen without a call: comparing strings that came from
 * outside is one, and took a third of what all looking up of fields in an exchange takes.
 */
function same(a: string, b: string): boolean {
  return a.length === b.length && a === b;
}
