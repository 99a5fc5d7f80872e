/** Where the program's own file is mapped, read out of `/proc/self/maps` (proc_pid_maps(5)). */

/** A range of addresses: where it starts, and its bytes. */
export interface Range {
  start: bigint;
  length: bigint;
}

/** `start-end perms offset device inode   path`. */
const LINE = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) \S+ \d+ +(\/.*)$/;

interface Mapping extends Range {
  kind: string;
  offset: bigint;
  path: string;
}

/**
 * The pages of the program that are as they are in its file: its code, and the constants that stand before it. What
 * stands behind was written to while it was linked, even where it can only be read now. The program is the file with
 * the most code; empty if none has any.
 */
export function programPages(maps: string): Range[] {
  const mappings = maps.split("\n").flatMap(mappingOf);
  const code = mappings.filter(({ kind }) => kind === "r-xp");
  if (code.length === 0) return [];
  const { path } = code.reduce((most, one) =>
    one.length > most.length ? one : most
  );
  const first = code.filter((one) => one.path === path)
    .reduce((least, { offset }) => offset < least ? offset : least, END);
  return mappings
    .filter((one) =>
      one.path === path &&
      (one.kind === "r-xp" || one.kind === "r--p" && one.offset < first)
    )
    .map(({ start, length }) => ({ start, length }));
}

const END = 2n ** 64n;

function mappingOf(line: string): Mapping[] {
  const [, from, to, kind, offset, path] = LINE.exec(line) ?? [];
  if (path === undefined) return [];
  const start = BigInt(`0x${from}`);
  return [{
    start,
    length: BigInt(`0x${to}`) - start,
    kind: kind!,
    offset: BigInt(`0x${offset}`),
    path,
  }];
}
