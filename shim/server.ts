/**
 * The daemon of one group of containers. It says that it listens before it loads anything: `start` waits for that, and
 * a pod for `start`. What comes in meanwhile waits in the socket's queue.
 */
import { letGo } from "./bootstrap/let_go.ts";
import { READY } from "./bootstrap/ready.ts";
import { hurryCgroups } from "./cgroup/hurry.ts";
import type { Flags } from "./flags.ts";

/** Listens and serves until nobody needs it. @throws when it cannot listen; `start` passes that on. */
export async function runDaemon(flags: Flags): Promise<void> {
  hurryCgroups();
  const bundle = flags.bundle || Deno.cwd();
  const ready = () => Deno.stdout.writeSync(new TextEncoder().encode(READY));
  await serveOn(listenAt(flags.socket), flags, bundle, ready);
}

/** Listens there, for root alone. @throws when it cannot. */
export function listenAt(path: string): Deno.UnixListener {
  const listener = Deno.listen({ transport: "unix", path });
  Deno.chmodSync(path, 0o600);
  return listener;
}

/**
 * Tells whoever started this process that it listens, leaves them and the bundle, which may go at any time (where the
 * current folder is gone nothing can be loaded), and serves. What fails takes the socket with it: nobody would listen
 * there.
 */
export async function serveOn(
  listener: Deno.UnixListener,
  flags: Flags,
  bundle: string,
  tell: () => void,
): Promise<void> {
  try {
    tell();
    letGo();
    const { serveGroup } = await import("./daemon.ts");
    await serveGroup(flags, bundle, listener);
  } catch (error) {
    Deno.removeSync(flags.socket);
    throw error;
  }
}
