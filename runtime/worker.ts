/**
 * The file every worker of the host starts from; its name says what it is. Workers must be static files (DESIGN 9).
 *
 * Messages may arrive while the code of the role is still being loaded, when nobody listens: they are kept for it.
 */
const early: MessageEvent[] = [];
const keep = (event: Event) => early.push(event as MessageEvent);
globalThis.addEventListener("message", keep);

if (self.name === "sqlite") {
  const { runSqliteWorker } = await import(
    "./components/state/sqlite_worker.ts"
  );
  await runSqliteWorker();
} else {
  const { runIsolate } = await import("./isolate/worker/main.ts");
  runIsolate();
}

globalThis.removeEventListener("message", keep);
for (const { data } of early) {
  globalThis.dispatchEvent(new MessageEvent("message", { data }));
}
