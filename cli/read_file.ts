/**
 * A file's bytes, of which there may be at most `limit`: the size is looked at before memory is taken.
 * @throws {Error} naming the file: absent, no file, too large, unreadable.
 */
export async function readFile(
  path: string,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new Error("found no file");
    if (size > limit) {
      throw new Error(`found ${size} bytes, expected at most ${limit}`);
    }
    return await Deno.readFile(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (error as Error).message;
    throw new Error(`${path}: ${why}`);
  }
}
