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
