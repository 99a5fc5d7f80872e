/**
 * The daemon of one group of containers. It starts the pod's host, says that it listens, and then loads what answers:
 * the host takes longest and everything else goes on beside it. What comes in meanwhile waits in the socket's queue.
 */
import { READY } from "./bootstrap/ready.ts";
import { readSpec, type Spec } from "./bundle.ts";
import { hurryCgroups } from "./cgroup/hurry.ts";
import type { Flags } from "./flags.ts";

/** The container a daemon is started for. */
export interface First {
  bundle: string;
  spec: Spec;
}

/** Listens and serves until nobody needs it. @throws when it cannot listen; `start` passes that on. */
export async function runDaemon(flags: Flags): Promise<void> {
  hurryCgroups();
  const bundle = flags.bundle || Deno.cwd();
  const first = { bundle, spec: readSpec(bundle) };
  const ready = () => Deno.stdout.writeSync(new TextEncoder().encode(READY));
  await serveOn(listenAt(flags.socket), flags, first, ready);
}

/** Listens there, for root alone. @throws when it cannot. */
export function listenAt(path: string): Deno.UnixListener {
  const listener = Deno.listen({ transport: "unix", path });
  Deno.chmodSync(path, 0o600);
  return listener;
}

/**
 * Serves, and calls `tell` once the pod's host is on its way. What fails takes the socket with it: nobody would listen
 * there.
 */
export async function serveOn(
  listener: Deno.UnixListener,
  flags: Flags,
  first: First,
  tell: () => void,
): Promise<void> {
  try {
    const { serveGroup } = await import("./daemon.ts");
    await serveGroup(flags, first, listener, tell);
  } catch (error) {
    Deno.removeSync(flags.socket);
    throw error;
  }
}
