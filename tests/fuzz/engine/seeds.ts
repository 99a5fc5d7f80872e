/**
 * Inputs that once failed, kept for good: `seeds/<target>.txt` has one per line in hexadecimal, with a comment that says
 * why it is there. A line is what a failing run prints.
 */

/** The inputs of a target; none where it has no file. @throws {Error} a line is not hexadecimal. */
export function seedsOf(target: string): Uint8Array[] {
  return parseSeeds(target, textOf(target));
}

/** As `seedsOf`, from the text of the file. */
export function parseSeeds(target: string, text: string): Uint8Array[] {
  const seeds: Uint8Array[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const hex = line.split("#")[0]!.trim();
    if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/.test(hex)) {
      throw new Error(
        `seeds/${target}.txt:${i + 1}: found ${
          JSON.stringify(hex.slice(0, 40))
        }, expected an even number of hexadecimal digits, then a comment`,
      );
    }
    seeds.push(Uint8Array.fromHex(hex));
  }
  return seeds;
}

/** The line to be kept for an input that failed. */
export function seedLine(input: Uint8Array, why: string): string {
  const reason = why.split("\n")[0]!.slice(0, 200);
  return `${input.toHex()} # ${reason}`;
}

function textOf(target: string): string {
  const file = new URL(`../seeds/${target}.txt`, import.meta.url);
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
