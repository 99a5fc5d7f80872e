/** How much of its program's file a process has mapped in, as the kernel counts it. */

/** Bytes of the mappings to run of its largest file; smaps lists, behind each mapping's line, what is in memory. */
export function codeInMemory(pid: number | "self", proc = "/proc"): number {
  const code = new Map<string, number>();
  let file: string | undefined;
  for (
    const line of Deno.readTextFileSync(`${proc}/${pid}/smaps`).split("\n")
  ) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ (\S+) .*?(\/.*)?$/.exec(line);
    if (mapping) file = mapping[1] === "r-xp" ? mapping[2] : undefined;
    const kibibytes = /^Rss: +(\d+) kB$/.exec(line)?.[1];
    if (file === undefined || kibibytes === undefined) continue;
    code.set(file, (code.get(file) ?? 0) + Number(kibibytes) * 1024);
  }
  return Math.max(...code.values());
}
