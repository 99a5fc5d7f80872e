/**
 * A histogram as Envoy's statistics have it: bins of two significant digits (10 to 99 times a power of ten), so that any
 * size of value is kept to a percent in little memory.
 */

/** The quantiles that Envoy writes, percent. */
export const QUANTILES = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100] as const;

export class Histogram {
  /** How many values are in a bin, by its least value. */
  readonly #bins = new Map<number, { width: number; count: number }>();
  #count = 0;
  #sum = 0;

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Adds a value of 0 or more. */
  record(value: number): void {
    this.add([[value, 1]], value);
  }

  /** Adds values that were counted elsewhere, in the same bins: the least value of each and how many; `sum` is of all. */
  add(
    bins: Iterable<readonly [least: number, count: number]>,
    sum: number,
  ): void {
    for (const [value, count] of bins) {
      this.#count += count;
      const { least, width } = binOf(value);
      const bin = this.#bins.get(least);
      if (bin === undefined) this.#bins.set(least, { width, count });
      else bin.count += count;
    }
    this.#sum += sum;
  }

  /** The value that `percent` of all are at most; NaN where there is none. Within a bin they are taken as spread evenly. */
  quantile(percent: number): number {
    let left = Math.max(1, Math.ceil(percent / 100 * this.#count));
    for (const [least, { width, count }] of this.#sorted()) {
      if (left <= count) return least + width * left / (count + 1);
      left -= count;
    }
    return NaN;
  }

  /** How many values are in bins that end at or below `bound`. */
  upTo(bound: number): number {
    let found = 0;
    for (const [least, { width, count }] of this.#sorted()) {
      if (least + width <= bound) found += count;
    }
    return found;
  }

  #sorted(): [number, { width: number; count: number }][] {
    return [...this.#bins].sort(([a], [b]) => a - b);
  }
}

function binOf(value: number): { least: number; width: number } {
  if (!(value > 0)) return { least: 0, width: 0 };
  const exponent = Math.floor(Math.log10(value)) - 1;
  const unit = 10 ** Math.abs(exponent);
  const digits = Math.floor(
    (exponent < 0 ? value * unit : value / unit) + 1e-9,
  );
  return exponent < 0
    ? { least: digits / unit, width: 1 / unit }
    : { least: digits * unit, width: unit };
}
