/**
 * Calls `work` once, in so many milliseconds, unless the returned function was called before. In the place of
 * `setTimeout`, which loads Deno's Node layer when it is first used: 5 ms and 1.6 MB for each isolate. What is
 * cancelled is forgotten at once, but for a few bytes until its time would have come.
 */
export function after(milliseconds: number, work: () => void): () => void {
  const signal = AbortSignal.timeout(Math.max(0, Math.ceil(milliseconds)));
  signal.onabort = work;
  return () => {
    signal.onabort = null;
  };
}

/** Resolves in so many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => after(milliseconds, resolve));
}

/** What `work` resolves with, or undefined once so many milliseconds went by. @throws what it rejects with by then. */
export async function within<T>(
  milliseconds: number,
  work: Promise<T>,
): Promise<T | undefined> {
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) =>
    cancel = after(milliseconds, () => resolve(undefined))
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
