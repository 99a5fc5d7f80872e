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
  #first: readonly Pair[];
  #without: string | undefined;

  /**
   * `first` come before those of `source` (the pseudo fields of a request). Names of `source` are in lower case; those
   * called `without` are left out.
   */
  constructor(
    source?: Source,
    first: readonly Pair[] = [],
    without?: string,
  ) {
    this.#source = source;
    this.#first = first;
    this.#without = without;
    if (source === undefined && first.length === 0) this.#pairs = [];
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
    const pairs: Pair[] = [...this.#first];
    for (const [name, value] of this.#source ?? []) {
      if (name === this.#without) continue;
      pairs.push([asByteString(name), asByteString(value)]);
    }
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

/**
 * Whether two names are the same. Most differ in length, which is seen without a call: comparing strings that came from
 * outside is one, and took a third of what all looking up of fields in an exchange takes.
 */
function same(a: string, b: string): boolean {
  return a.length === b.length && a === b;
}
