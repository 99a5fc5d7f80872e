/**
 * Codes of a bounded length for symbols by how often they occur, made step by step as zlib makes them, ties included:
 * so that what is compressed here has the very bytes that Envoy's zlib would give.
 */

/** A code, by symbol. */
export interface Lengths {
  lengths: Uint8Array;
  /** The last symbol that has a code. */
  last: number;
}

/**
 * @param counts how often each symbol occurs; at least two get a code.
 * @param longest bits of the longest code.
 */
export function codeLengths(
  counts: readonly number[],
  longest: number,
): Lengths {
  const tree = new Tree(counts);
  return { lengths: tree.lengths(longest), last: tree.last };
}

/** The codes themselves, bits reversed as they are sent. */
export function codesOf(lengths: Uint8Array): Uint16Array {
  const next = new Uint16Array(17);
  for (const length of lengths) if (length !== 0) next[length + 1]!++;
  for (let i = 1; i < 17; i++) next[i] = next[i]! + next[i - 1]! << 1;
  return Uint16Array.from(lengths, (length) => {
    if (length === 0) return 0;
    let code = next[length]!++;
    let reversed = 0;
    for (let i = 0; i < length; i++, code >>= 1) {
      reversed = reversed << 1 | code & 1;
    }
    return reversed;
  });
}

class Tree {
  last = -1;
  readonly #symbols: number;
  /** Of symbols, then of the nodes above them. */
  readonly #counts: number[];
  readonly #depths: number[];
  readonly #parents: number[] = [];
  /** A heap, the smallest first, from index 1. */
  readonly #heap: number[] = [0];
  /** Nodes in the order they were joined, the root last. */
  readonly #joined: number[] = [];

  constructor(counts: readonly number[]) {
    this.#symbols = counts.length;
    this.#counts = [...counts];
    this.#depths = counts.map(() => 0);
    counts.forEach((count, symbol) => {
      if (count === 0) return;
      this.#heap.push(symbol);
      this.last = symbol;
    });
    // A code needs two symbols.
    while (this.#heap.length < 3) {
      const symbol = this.last < 2 ? ++this.last : 0;
      this.#heap.push(symbol);
      this.#counts[symbol] = 1;
    }
    this.#join();
  }

  lengths(longest: number): Uint8Array {
    const nodes = this.#joined.toReversed();
    const bits = new Uint8Array(this.#counts.length);
    const counts = new Array<number>(longest + 1).fill(0);
    let over = 0;
    for (const node of nodes.slice(1)) {
      let length = bits[this.#parents[node]!]! + 1;
      if (length > longest) {
        length = longest;
        over++;
      }
      bits[node] = length;
      if (node < this.#symbols) counts[length]!++;
    }
    if (over > 0) this.#shorten(nodes, bits, counts, longest, over);
    return bits.slice(0, this.#symbols);
  }

  #join(): void {
    const heap = this.#heap;
    for (let i = heap.length - 1 >> 1; i >= 1; i--) this.#sink(i);
    while (heap.length > 2) {
      const node = this.#counts.length;
      const one = heap[1]!;
      heap[1] = heap.pop()!;
      this.#sink(1);
      const two = heap[1]!;
      this.#joined.push(one, two);
      this.#counts.push(this.#counts[one]! + this.#counts[two]!);
      this.#depths.push(
        Math.max(this.#depths[one]!, this.#depths[two]!) + 1,
      );
      this.#parents[one] = this.#parents[two] = node;
      heap[1] = node;
      this.#sink(1);
    }
    this.#joined.push(heap[1]!);
  }

  #sink(at: number): void {
    const heap = this.#heap;
    const node = heap[at]!;
    for (let child = 2 * at; child < heap.length; child *= 2) {
      const other = child + 1;
      if (other < heap.length && this.#smaller(heap[other]!, heap[child]!)) {
        child = other;
      }
      if (this.#smaller(node, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = node;
  }

  #smaller(a: number, b: number): boolean {
    const difference = this.#counts[a]! - this.#counts[b]!;
    return difference < 0 ||
      difference === 0 && this.#depths[a]! <= this.#depths[b]!;
  }

  /** Codes that were too long, and as many shorter ones as it takes, get other lengths; the rarest the longest. */
  #shorten(
    nodes: number[],
    bits: Uint8Array,
    counts: number[],
    longest: number,
    over: number,
  ): void {
    for (; over > 0; over -= 2) {
      let length = longest - 1;
      while (counts[length] === 0) length--;
      counts[length]!--;
      counts[length + 1]! += 2;
      counts[longest]!--;
    }
    let at = nodes.length;
    for (let length = longest; length > 0; length--) {
      for (let left = counts[length]!; left > 0;) {
        const node = nodes[--at]!;
        if (node >= this.#symbols) continue;
        bits[node] = length;
        left--;
      }
    }
  }
}
