/** Samples of both sides in turn, so that whatever else the machine does meanwhile meets both alike. */

/** Runs `theirs`, `ours`, `theirs`, … `rounds` times each, and gives the samples of each side in order. */
export async function interleave<T, O = T>(
  rounds: number,
  theirs: (round: number) => Promise<T>,
  ours: (round: number) => Promise<O>,
): Promise<{ theirs: T[]; ours: O[] }> {
  const samples = { theirs: [] as T[], ours: [] as O[] };
  for (let round = 0; round < rounds; round++) {
    samples.theirs.push(await theirs(round));
    samples.ours.push(await ours(round));
  }
  return samples;
}
