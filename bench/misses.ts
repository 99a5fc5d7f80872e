/** Why a row misses its budget and what would fix it, by row id; `report.ts` puts them under the table. */

/** What a pod costs before any code of ours runs. */
const BOOTS =
  "A pod is three boots of V8: the daemon's process (16 ms), the host's (16 ms) and the function's isolate (13 ms, " +
  "in which the host stands still). They cannot overlap: the host is a child of the daemon, in namespaces that the " +
  "daemon makes. runc's shim and a static C server together take about as long as two of them.";

/** What holds where the results say that 4 MB are far away. */
const FAR_AWAY =
  "Within its budget where the third-level cache is at hand; where others have it, code and data of one request are fetched " +
  "from memory again and again, of which ours has more than the baseline. ";

/** What is left of an exchange's cost. */
const EXCHANGE = FAR_AWAY +
  "Of an exchange's CPU time a third to two fifths is the kernel's, a quarter Deno's and V8's own, a fifth our JavaScript " +
  "and a tenth the guest, in all of which nothing stands out. A Go plugin takes 8 µs more than a Rust one, of which " +
  "its own allocator has the most. What would fix it: reading and writing without a promise for each, which Deno has not.";

const POD_MEMORY =
  "Of a pod's two processes 28 MB are bare Deno and its worker; the rest is three V8 heaps with our JavaScript and what " +
  "of Deno's own it touches. What would fix it: a snapshot of the loaded program, which Deno cannot make.";

export const MISSES: Readonly<Record<string, string>> = {
  "first-answer-warm": BOOTS +
    " After that our own part is 10 ms in the daemon (namespaces, mounts, cgroups) and 4 in the chain that cages the " +
    "host, then 16 in the host and its isolate, which work side by side, and 10 from Create's answer to the first " +
    "request's. What would fix it: a host that boots beside its daemon, which wants a first stage that is smaller than " +
    "Deno and reads the pod's spec.",
  "first-answer-cold": BOOTS +
    " In a containerd's first pod the files of deno come into memory besides. The fix is that of the warm row.",
  "first-answer-crowd": BOOTS +
    " With more pods than cores nothing overlaps, and CPU time alone counts: 60 ms for a daemon and 80 ms for a host, " +
    "where runc's whole way is 50, ctr and containerd not included. Half of ours are the bare boots. What would fix it: " +
    "fewer boots; with one daemon for all pods it is 1.9 ×, but then a pod has no shim process of its own.",
  "hello-rate": FAR_AWAY,
  "hello-cpu": FAR_AWAY,
  "host-call-proxy_get_current_time_nanoseconds": FAR_AWAY,
  "host-call-proxy_get_header_map_value": FAR_AWAY,
  "host-call-proxy_get_shared_data": FAR_AWAY,
  "host-call-proxy_set_shared_data": FAR_AWAY,
  "memory-20": POD_MEMORY,
  "memory-20-absolute": POD_MEMORY,
  "state-get":
    "Of 30 µs 16 are a bare trip over the port, 7 a real message each way and the guest's suspension, 7 the store. What " +
    "would fix it: reading the embedded store in the function's own isolate, which has no permission for it.",
  "filter-go-rate": EXCHANGE,
  "filter-go-body-rate": EXCHANGE,
  "filter-rust-rate": EXCHANGE,
  "filter-rust-body-rate": EXCHANGE,
  "isolates-rate":
    "On two cores the load generator has a part of one of them; the CPU time for a request stays what it is in one isolate.",
  "envoy-hello-rate": EXCHANGE,
  "envoy-headers-go-rate": EXCHANGE,
  "envoy-headers-rust-rate": EXCHANGE,
  "envoy-headers-rust-memory":
    "Within its budget once the host has looked what it can give back, as it does every 5 s if it grew by 4 MB.",
  "large-module-instance": FAR_AWAY +
    "Most of it are pages of its memory that are touched for the first time and Go's own start, in a process that has just " +
    "begun and still compiles.",
};
