/** The file every worker of the host starts from; its name says what it is. Workers must be static files (DESIGN 9). */
if (self.name === "sqlite") {
  const { runSqliteWorker } = await import(
    "./components/state/sqlite_worker.ts"
  );
  runSqliteWorker();
} else {
  const { runIsolate } = await import("./isolate/worker/main.ts");
  runIsolate();
}
