/** The recordings: what Envoy did in each case, as text files that a person reads. */

/** The recorded text of each case of a theme, by name; empty if there is no recording. */
export async function recorded(theme: string): Promise<Map<string, string>> {
  const text = await Deno.readTextFile(file(theme)).catch(() => "");
  const cases = new Map<string, string>();
  for (const part of text.split(/^(?=== )/m)) {
    const name = /^== (\S+)/.exec(part)?.[1];
    if (name) cases.set(name, part.trimEnd());
  }
  return cases;
}

/** Writes a theme's recording. */
export async function record(
  theme: string,
  texts: readonly string[],
): Promise<void> {
  await Deno.writeTextFile(file(theme), `${texts.join("\n")}`);
}

function file(theme: string): URL {
  return new URL(`recorded/${theme}.txt`, import.meta.url);
}
