/**
 * What the generated decoders throw where ts-proto alone would carry on with
 * half a message (see RATIONALE.md).
 *
 * @module
 */

/** Bytes that are not the message they were said to be. */
export class DecodeError extends Error {
  override name = "DecodeError";
}

/** Throws a {@linkcode DecodeError} for a tag that no message may hold. */
export function badTag(name: string, tag: number, pos: number): never {
  throw new DecodeError(
    `Cannot decode ${name}: found tag ${tag} before byte ${pos}, expected a ` +
      "field number of 1 or more that does not end a group",
  );
}

/** Throws a {@linkcode DecodeError} for a field that leaves its message. */
export function overrun(name: string, pos: number, end: number): never {
  throw new DecodeError(
    `Cannot decode ${name}: a field reaches to byte ${pos}, expected the ` +
      `message to end at byte ${end}`,
  );
}
