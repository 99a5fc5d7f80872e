/**
 * `daemon … start`: a `start` that stays as the daemon where there is none yet. For a caller that waits for the end of
 * our stdout, not for ours: the launcher of the self-extracting file, which so saves a pod one boot of two.
 */
import type { Flags } from "../flags.ts";
import { listenAt, serveOn } from "../server.ts";
import { announce, secure } from "./group_socket.ts";

/** @throws with a message for the user of the container, before anything is printed. */
export async function startAndStay(flags: Flags): Promise<void> {
  const { bundle, path, spec, made } = await secure(
    flags,
    (_, path) => listenAt(path),
  );
  if (made === undefined) {
    announce(path);
    Deno.exit(0);
  }
  const tell = () => announce(path);
  await serveOn(made, { ...flags, socket: path }, { bundle, spec }, tell);
}
