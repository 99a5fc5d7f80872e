/** Waiting without sleeping blindly: ask again until the answer is there or the deadline has passed. */

export interface PollOptions {
  /** Deadline, milliseconds. Generous: it only decides how long a failure takes. */
  timeout?: number;
  /** Pause between two questions, milliseconds. */
  every?: number;
}

/**
 * Asks `ask` until it answers something truthy.
 * @param what names the awaited thing in the error.
 * @throws {Error} at the deadline, with the last answer or the last error.
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  { timeout = 30_000, every = 50 }: PollOptions = {},
): Promise<Exclude<T, false | undefined>> {
  const deadline = Date.now() + timeout;
  let last: unknown;
  while (true) {
    try {
      const answer = await ask();
      if (answer) return answer as Exclude<T, false | undefined>;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `${what}: not within ${timeout / 1000} s; last seen: ${show(last)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/**
 * Like `until`, for a list that must become empty.
 * @throws {Error} at the deadline, with what is still in the list.
 */
export async function untilEmpty(
  what: string,
  list: () => string[] | Promise<string[]>,
  options: PollOptions = {},
): Promise<void> {
  let last: string[] = [];
  try {
    await until(what, async () => (last = await list()).length === 0, options);
  } catch (error) {
    if (last.length === 0) throw error;
    throw new Error(`${what}:\n  ${last.join("\n  ")}`);
  }
}

function show(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === "string" ? value : JSON.stringify(value) ?? "nothing";
}
