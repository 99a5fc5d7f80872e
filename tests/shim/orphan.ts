/** Spawns a host that never reads, says its id and waits to be killed: see `cage_test.ts`. */
import { HostProcess } from "../../shim/cage/host_process.ts";
import { PodNamespaces } from "../../shim/cage/namespaces.ts";

const host = HostProcess.spawn({
  namespaces: PodNamespaces.make(
    Deno.args[0] ?? "",
    { kind: "fresh" },
    "",
  ),
  identity: { uid: 65532, gid: 65532, groups: [] },
  cgroupProcs: [],
  oomScoreAdj: 0,
  shelves: [],
  command: { path: "/bin/sh", args: ["-c", "echo up; exec sleep 1000"] },
  onLine: () => {},
});
// Past this the chain is through, and the kernel was told.
const reader = host.stdout.getReader();
await reader.read();
console.log(host.pid);
await host.ended;
