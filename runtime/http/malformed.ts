/** What came is no HTTP/1.1, or more of it than is taken. */
export class Malformed extends Error {
  override name = "Malformed";

  /**
   * @param message what is wrong with it, as in "a field line without a colon".
   * @param status what a server answers to a request of that kind.
   */
  constructor(message: string, readonly status = 400) {
    super(message);
  }
}
