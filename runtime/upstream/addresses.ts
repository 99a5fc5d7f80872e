/** All the addresses that a host name has, in turn, so that connections spread over them. */

/** How long an answer is used, Envoy's own: milliseconds. */
const FRESH = 5000;

/** All addresses of a name. @throws {Error} where it has none. */
export type Lookup = (name: string) => Promise<string[]>;

export class Addresses {
  readonly #host: string;
  readonly #lookup: Lookup;
  #found: Promise<string[]> = Promise.resolve([]);
  #asked = -Infinity;
  #turn = 0;

  constructor(host: string, lookup: Lookup = lookUp) {
    this.#host = host;
    this.#lookup = lookup;
  }

  /** The address whose turn it is; the name itself where it is an address, or where only the system may know it. */
  async next(): Promise<string> {
    if (isAddress(this.#host)) return this.#host;
    const now = performance.now();
    if (now - this.#asked > FRESH) {
      this.#asked = now;
      this.#found = this.#lookup(this.#host).catch(() => []);
    }
    const found = await this.#found;
    return found[this.#turn++ % found.length] ?? this.#host;
  }
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^[0-9.]+$/.test(host);
}

/** IPv4 where there is any, else IPv6. */
async function lookUp(name: string): Promise<string[]> {
  const found = await Deno.resolveDns(name, "A").catch(() => []);
  return found.length > 0 ? found : await Deno.resolveDns(name, "AAAA");
}
