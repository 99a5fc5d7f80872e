const decoder = new TextDecoder("latin1");

/** Reads a connection by lines and by counts; bytes are characters. */
export class Reader {
  #held = "";
  #ended = false;
  readonly #buffer = new Uint8Array(65536);

  constructor(readonly connection: Deno.TcpConn) {}

  get held(): string {
    return this.#held;
  }

  /** What stands before `mark`; undefined if the connection ends first. */
  async until(mark: string): Promise<string | undefined> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      if (at >= 0) {
        const found = this.#held.slice(0, at);
        this.#held = this.#held.slice(at + mark.length);
        return found;
      }
      if (!await this.more()) return undefined;
    }
  }

  /** Adds `count` bytes to `into.body` as they come; false if the connection ends first. */
  async take(count: number, into: { body: string }): Promise<boolean> {
    for (let left = count; left > 0;) {
      if (this.#held === "" && !await this.more()) return false;
      const part = this.#held.slice(0, left);
      this.#held = this.#held.slice(part.length);
      into.body += part;
      left -= part.length;
    }
    return true;
  }

  async more(): Promise<boolean> {
    if (this.#ended) return false;
    const n = await this.connection.read(this.#buffer).catch(() => null);
    if (n === null) this.#ended = true;
    else this.#held += decoder.decode(this.#buffer.subarray(0, n));
    return n !== null;
  }
}
