// One half of a bare pair: a process that only waits; "worker" as argument adds a worker that only waits.
if (Deno.args[0] === "worker") {
  new Worker(new URL("./idle_worker.js", import.meta.url), { type: "module" });
}
setInterval(() => {}, 1e9);
