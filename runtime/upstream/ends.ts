/** The two ends of a connection to a service, as one text: it goes along with every response. */

interface End {
  hostname: string;
  port: number;
}

/** Theirs and ours; undefined where an end is no IP address and port. */
export function packEnds(
  theirs: Deno.Addr | End,
  ours: Deno.Addr | End,
): string | undefined {
  if (!("hostname" in theirs && "hostname" in ours)) return undefined;
  return `${theirs.hostname} ${theirs.port} ${ours.hostname} ${ours.port}`;
}
