/**
 * The daemon of one group of containers. It says that it listens before it loads anything: `start` waits for that, and
 * a pod for `start`. What comes in meanwhile waits in the socket's queue.
 */
import { READY } from "./bootstrap/ready.ts";
import type { Flags } from "./flags.ts";

/** Listens and serves until nobody needs it. @throws when it cannot listen; `start` passes that on. */
export async function runDaemon(flags: Flags): Promise<void> {
  const bundle = flags.bundle || Deno.cwd();
  const listener = Deno.listen({ transport: "unix", path: flags.socket });
  Deno.chmodSync(flags.socket, 0o600);
  Deno.stdout.writeSync(new TextEncoder().encode(READY));
  const { serveGroup } = await import("./daemon.ts");
  await serveGroup(flags, bundle, listener);
}
