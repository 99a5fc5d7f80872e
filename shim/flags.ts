/** The command line of a shim, in the manner of Go's flag package (SHIM.md §1.2). */

/** What a shim was called with. */
export interface Flags {
  /** The first word that is no flag: `start`, `delete`, `daemon`, or "" where there is none. */
  action: string;
  namespace: string;
  id: string;
  /** Path of containerd's gRPC socket, without a scheme. */
  address: string;
  /** The bundle, absolute; "" where the working directory is it. */
  bundle: string;
  /** Path of the socket the daemon shall listen on; ours alone. */
  socket: string;
  publishBinary: string;
  debug: boolean;
  info: boolean;
  version: boolean;
}

const WORDS = new Set([
  "namespace",
  "id",
  "address",
  "bundle",
  "socket",
  "publish-binary",
]);
const SWITCHES = new Set(["debug", "info", "v", "version"]);
const ACTIONS = new Set(["start", "delete", "daemon"]);

/**
 * Reads flags up to the first word that is none: one or two dashes, `-flag value` and `-flag=value`. Unknown flags are
 * ignored, so that a containerd that says more than today's does not break every pod.
 * @throws {TypeError} when a known flag has no value.
 */
export function parseFlags(args: readonly string[]): Flags {
  const values = new Map<string, string>();
  let at = 0;
  while (at < args.length) {
    const match = /^--?([^-=][^=]*)(=([\s\S]*))?$/.exec(args[at] ?? "");
    if (match === null) break;
    const [, name = "", hasValue, value = ""] = match;
    const next = args[at + 1];
    at++;
    if (hasValue !== undefined) values.set(name, value);
    else if (SWITCHES.has(name)) values.set(name, "true");
    else if (WORDS.has(name)) {
      if (next === undefined) {
        throw new TypeError(`flag -${name}: no value, expected one after it`);
      }
      values.set(name, next);
      at++;
    } else if (
      next !== undefined && !next.startsWith("-") && !ACTIONS.has(next)
    ) at++;
  }
  if (args[at] === "--") at++;
  const text = (name: string) => values.get(name) ?? "";
  const on = (name: string) => /^(true|t|1)$/i.test(text(name));
  return {
    action: args[at] ?? "",
    namespace: text("namespace"),
    id: text("id"),
    address: text("address").replace(/^unix:\/\//, ""),
    bundle: text("bundle"),
    socket: text("socket"),
    publishBinary: text("publish-binary"),
    debug: on("debug"),
    info: on("info"),
    version: on("v") || on("version"),
  };
}
