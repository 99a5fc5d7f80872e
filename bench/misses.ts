/** Why a row misses its budget and what would fix it, by row id; `report.ts` puts them under the table. */

/** What a pod costs before any code of ours runs. */
const BOOTS =
  "A pod is three boots of V8: the daemon's process (16 ms), the host's (16 ms) and the function's isolate (15 ms, " +
  "of which the host waits for 12). They can overlap only in part: the host is a child of the daemon, in namespaces " +
  "that the daemon makes, and Deno makes an isolate while its parent stands still. runc's shim and a static C server " +
  "together take about as long as one of them.";

/** Where the memory is. */
const HEAPS =
  "Of a pod's two processes 28 MB are bare Deno and its worker. The rest is three V8 heaps with our JavaScript and what " +
  "of Deno's own it touches: streams, HTTP, processes, FFI. No flag of V8 gave more than 1 MB (semi-space size, single " +
  "thread, optimize for size); what would is a snapshot of the loaded program, which Deno cannot make, or one base for " +
  "several pods (DESIGN, Bases).";

export const MISSES: Readonly<Record<string, string>> = {
  "first-answer-warm": BOOTS +
    " After that our own part is some 18 ms in the daemon (namespaces, mounts, the chain that cages the host) and 23 ms " +
    "in the host (loading, settings, compiling). What would fix it: hosts that boot before they are asked for, so that " +
    "a pod takes one and puts it into its cage; threads of a booted Deno cannot be moved to other mount and PID " +
    "namespaces, so that wants a smaller first stage than Deno.",
  "first-answer-cold": BOOTS +
    " In a containerd's first pod the files of deno come into memory besides. The fix is that of the warm row.",
  "first-answer-crowd": BOOTS +
    " With more pods than cores nothing overlaps, and CPU time alone counts: 58 ms for a daemon and 65 ms for a host to " +
    "its first answer, of which 47 are the bare boots, where runc's whole way is 85 ms, ctr and containerd included. The " +
    "fix is a base that several pods of a namespace share, which boots once.",
  "memory-1": HEAPS,
  "memory-20": HEAPS,
  "memory-20-absolute": HEAPS,
  "state-get":
    "One trip over the port with a real message instead of a number (1 µs more each way), the store (3 µs), and the " +
    "guest's suspension with the promises between. What would fix it: reading the embedded store in the function's own " +
    "isolate, which has no permission for it.",
};
