/** The file the worker that writes the embedded store starts from; see `isolate_worker.ts`. */
import { runSqliteWorker } from "./components/state/sqlite_worker.ts";

runSqliteWorker();
