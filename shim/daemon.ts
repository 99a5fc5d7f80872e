/**
 * What the daemon of one group of containers does once it listens: starts the pod's host, tells whoever waits for it,
 * and while the host boots loads what answers.
 */
import { leaveFolder, letGo } from "./bootstrap/let_go.ts";
import { Door } from "./door.ts";
import type { Flags } from "./flags.ts";
import { podOf } from "./group.ts";
import { Lifetime } from "./lifetime.ts";
import { lock, lockPath } from "./lock.ts";
import { Log } from "./log.ts";
import { Pods } from "./pod/pods.ts";
import type { First } from "./server.ts";

/** How long events may take to be delivered when the daemon ends: milliseconds. */
const FLUSH_MS = 5_000;

/** Serves on `listener` until nobody needs it; `tell` says that it does. */
export async function serveGroup(
  flags: Flags,
  first: First,
  listener: Deno.UnixListener,
  tell: () => void,
): Promise<void> {
  leaveFolder();
  const log = new Log(flags.debug);
  log.use(first.bundle);
  survive(log);
  const pods = new Pods(flags, log);
  await warm(pods, flags, first, log);
  try {
    tell();
  } catch (error) {
    // Nobody will come for what was made ahead.
    await pods.closeAll();
    throw error;
  }
  letGo();
  await serve(flags, pods, listener, log);
}

/** A mistake of ours in one call must not end a pod. */
function survive(log: Log): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("unhandled rejection", { error: textOf(event.reason) });
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    log.error("unhandled error", { error: textOf(event.error) });
  });
}

/** Opens the pod of the first container now; what goes wrong is told again when its Create comes. */
async function warm(
  pods: Pods,
  flags: Flags,
  { spec }: First,
  log: Log,
): Promise<void> {
  try {
    if (spec.process === undefined) return;
    await pods.open(podOf(spec, flags.id), spec);
  } catch (error) {
    log.warn("no host ahead of time", { error: textOf(error) });
  }
}

async function serve(
  flags: Flags,
  pods: Pods,
  listener: Deno.UnixListener,
  log: Log,
): Promise<void> {
  const { Publisher, Server, Tasks, taskServices } = await import(
    "./task/mod.ts"
  );
  const ttrpc = Deno.env.get("TTRPC_ADDRESS") || `${flags.address}.ttrpc`;
  const publisher = new Publisher(ttrpc, flags.namespace, log);
  const tasks = new Tasks(pods, publisher, log, () => lifetime.changed());
  const server = new Server(
    taskServices(tasks, (now) => lifetime.asked(now)),
    {
      onHandlerError: (error, { method }) =>
        log.error("call failed", { method, error: textOf(error) }),
    },
  );
  let ending = false;
  const end = async (force: boolean) => {
    if (ending) return;
    ending = true;
    const held = await lock(lockPath(flags.socket));
    // Somebody may have come while we waited for the lock.
    if (!force && (!tasks.empty || lifetime.expecting)) {
      held.release();
      ending = false;
      return;
    }
    // A new daemon would make the same pod in the same folder: it has to wait for the lock, and so for the old one.
    await pods.closeAll();
    removeSocket(flags.socket);
    held.remove();
    held.release();
    await publisher.flushed(FLUSH_MS);
    publisher.close();
    await server.shutdown();
    Deno.exit(0);
  };
  const lifetime = new Lifetime({
    empty: () => tasks.empty,
    end: (force) => end(force),
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => end(true));
  }
  const door = new Door(listener, () => lifetime.knocked());
  await server.serve(door);
}

function removeSocket(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
