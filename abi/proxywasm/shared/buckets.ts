/** Where the samples of a histogram are counted: Envoy's default buckets, whose bounds are inclusive. */
export const BUCKET_BOUNDS: readonly number[] = [
  0.5,
  1,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
  2500,
  5000,
  10_000,
  30_000,
  60_000,
  300_000,
  600_000,
  1_800_000,
  3_600_000,
];

/** Those, and one for what is above the last. */
export const BUCKETS = BUCKET_BOUNDS.length + 1;

/** The bucket of a sample, which is a u64 whatever sign it arrives with. */
export function bucketOf(value: bigint): number {
  if (value < 0n) return BUCKETS - 1;
  const number = Number(value);
  let bucket = 0;
  while (bucket < BUCKETS - 1 && number > BUCKET_BOUNDS[bucket]!) bucket++;
  return bucket;
}

/**
 * Bins of two significant digits, as Envoy's histograms have them, for whoever wants quantiles: one for 0, then 90 for
 * each power of ten up to that of 2^64.
 */
export const BINS = 1 + 90 * 20;

/** The bin of a sample. */
export function binOf(value: bigint): number {
  const number = Number(BigInt.asUintN(64, value));
  if (number === 0) return 0;
  let power = 0;
  let rest = number;
  for (; rest >= 10; power++) rest /= 10;
  // 1.00 to 9.99: its first two digits, in spite of what dividing lost.
  const digits = Math.min(99, Math.floor(rest * 10 + 1e-9));
  return 1 + 90 * power + digits - 10;
}

/** The least value of a bin. */
export function leastOf(bin: number): number {
  if (bin === 0) return 0;
  const power = Math.floor((bin - 1) / 90);
  return (10 + (bin - 1) % 90) * 10 ** power / 10;
}
