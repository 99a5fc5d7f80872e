/**
 * The command line that turns process 1 of a new PID namespace, still root, into a host that holds nothing. A shell
 * that execs setpriv that execs the host: 4 ms on top of the host's own start, where a first stage of ours costs a
 * second boot (RATIONALE.md).
 */
import type { Identity } from "./identity.ts";

/**
 * `$1` cgroup.procs files follow it, then setpriv's arguments. Each exit status names the step that failed. Values come
 * in as arguments alone: nothing is ever pasted into the text of the script.
 */
const SCRIPT = `n=$1; shift
while [ "$n" -gt 0 ]; do
  echo 0 >"$1" || exit 120
  shift; n=$((n-1))
done
mount -t proc -o nosuid,nodev,noexec proc /proc || exit 121
exec setpriv "$@"
`;

const STEPS: Record<number, string> = {
  120: "entering its cgroup",
  121: "mounting /proc",
  126: "running setpriv or the host's program",
  127: "finding setpriv (package util-linux) or the host's program",
};

/** Where the shell, mount and setpriv are looked for, and all of PATH that a host has. */
export const PATH =
  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A command line: program and arguments. */
export interface CommandLine {
  path: string;
  args: string[];
}

/** The chain that ends in `command`, as `identity`, in the cgroups of `cgroupProcs`. */
export function cagedCommand(
  command: CommandLine,
  identity: Identity,
  cgroupProcs: readonly string[],
): CommandLine {
  const groups = identity.groups.length > 0
    ? ["--groups", identity.groups.join(",")]
    : ["--clear-groups"];
  return {
    path: "/bin/sh",
    args: [
      "-c",
      SCRIPT,
      "layotto-cage",
      `${cgroupProcs.length}`,
      ...cgroupProcs,
      "--reuid",
      `${identity.uid}`,
      "--regid",
      `${identity.gid}`,
      ...groups,
      "--bounding-set=-all",
      "--inh-caps=-all",
      "--no-new-privs",
      // A host that hangs does not read the end of its stdin; the kernel ends it with the shim.
      "--pdeathsig",
      "KILL",
      "--",
      command.path,
      ...command.args,
    ],
  };
}

/** What a host's exit status says when the chain did not get as far as the host; "" when it says nothing. */
export function failedStep(status: number): string {
  const step = STEPS[status];
  return step === undefined ? "" : `failed at ${step}`;
}
