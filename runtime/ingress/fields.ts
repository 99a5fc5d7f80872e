/** The fields of a request or response as pairs. */

/** All at once: `forEach` takes a quarter of the time that the iterator of a `Headers` does. */
export function pairsOf(headers: Headers): [string, string][] {
  const pairs: [string, string][] = [];
  headers.forEach((value, name) => pairs.push([name, value]));
  return pairs;
}

/** The same, looked up when they are first asked for. */
export class Fields implements Iterable<[string, string]> {
  readonly #headers: Headers;

  constructor(headers: Headers) {
    this.#headers = headers;
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return pairsOf(this.#headers)[Symbol.iterator]();
  }
}
