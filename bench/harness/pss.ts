/** Memory of processes: what is their own, and of what they share with others their part (PSS). */

/**
 * MB, of one process.
 * @param proc where its `/proc` is found, e.g. that of a box.
 */
export function pss(pid: number, proc = "/proc"): number {
  const text = Deno.readTextFileSync(`${proc}/${pid}/smaps_rollup`);
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kibibytes === undefined) {
    throw new Error(`${proc}/${pid}/smaps_rollup has no Pss: ${text}`);
  }
  return Number(kibibytes) * 1024 / 1e6;
}

/** Processes whose command line has one of these words as an argument. */
export function processesWith(words: string[], proc = "/proc"): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync(proc)) {
    if (!/^\d+$/.test(name)) continue;
    const args = argumentsOf(`${proc}/${name}/cmdline`);
    if (words.some((word) => args.includes(word))) found.push(Number(name));
  }
  return found;
}

function argumentsOf(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\0").slice(1);
  } catch {
    return []; // It has ended meanwhile.
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
