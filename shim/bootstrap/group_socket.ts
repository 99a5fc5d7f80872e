/** What every `start` does, whoever becomes the daemon: finds the group's socket and sees to it that somebody listens. */
import { readSpec, type Spec } from "../bundle.ts";
import type { Flags } from "../flags.ts";
import { groupOf } from "../group.ts";
import { lockPath, lockSync } from "../lock.ts";
import { RUN, socketAddress, socketPath, SOCKETS } from "../paths.ts";

/** Most that is read from stdin: bytes. What it says (runtime options) comes again with Create. */
const MAX_STDIN = 10 * 1024 * 1024;

/**
 * Has `listen` make a daemon listen at the group's socket unless one does, and leaves the address in the bundle. Other
 * `start`s of the group wait meanwhile.
 * @throws with a message for the user of the container.
 */
export async function secure<T>(
  flags: Flags,
  listen: (bundle: string, path: string) => T | Promise<T>,
): Promise<
  { bundle: string; path: string; spec: Spec; made: T | undefined }
> {
  drainStdin();
  for (const flag of ["namespace", "address", "id"] as const) {
    if (flags[flag] === "") throw new TypeError(`start: no -${flag}`);
  }
  const bundle = flags.bundle || Deno.cwd();
  const spec = readSpec(bundle);
  const group = groupOf(spec, flags.id);
  const path = socketPath(flags, group);
  makeFolders();
  const lock = lockSync(lockPath(path));
  let failed = true;
  try {
    const made = await listens(path) ? undefined : await listen(bundle, path);
    writeAddress(bundle, socketAddress(path));
    failed = false;
    return { bundle, path, spec, made };
  } finally {
    if (failed) lock.remove();
    lock.release();
  }
}

/** Prints the address, which is all that containerd waits for. */
export function announce(path: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${socketAddress(path)}\n`));
}

/** containerd writes until we have read. */
function drainStdin(): void {
  const buffer = new Uint8Array(16 * 1024);
  for (let total = 0; total < MAX_STDIN;) {
    const count = Deno.stdin.readSync(buffer);
    if (count === null) return;
    total += count;
  }
  throw new TypeError(`stdin: over ${MAX_STDIN} bytes`);
}

function makeFolders(): void {
  Deno.mkdirSync(RUN, { recursive: true, mode: 0o711 });
  Deno.mkdirSync(SOCKETS, { recursive: true, mode: 0o700 });
}

/** Whether a daemon answers there; the path of one that died is freed. Only with the lock held. */
async function listens(path: string): Promise<boolean> {
  try {
    // Mostly there is nothing at all, which is seen sooner without a connection.
    Deno.lstatSync(path);
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.ConnectionRefused) {
      Deno.removeSync(path);
      return false;
    }
    throw error;
  }
}

/** containerd 1.x finds the daemon again by this file after its own restart: written whole or not at all. */
function writeAddress(bundle: string, address: string): void {
  Deno.writeTextFileSync(`${bundle}/.address`, address);
  Deno.renameSync(`${bundle}/.address`, `${bundle}/address`);
}
