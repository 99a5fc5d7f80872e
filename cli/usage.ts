/** A command line that was asked wrongly: what was found, what was expected. The exit status is 2. */
export class UsageError extends Error {
  override name = "UsageError";
}
