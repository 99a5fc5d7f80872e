/**
 * `start`: makes sure that a daemon listens for this container's group, and prints where (SHIM.md §1). Nothing but that
 * one line goes to stdout, and nothing at all to stderr unless it fails: containerd takes both for the address.
 */
import { readSpec } from "../bundle.ts";
import type { Flags } from "../flags.ts";
import { groupOf } from "../group.ts";
import { lockPath, lockSync } from "../lock.ts";
import { RUN, socketAddress, socketPath, SOCKETS } from "../paths.ts";
import { selfCommand, selfEnv } from "../../runtime/mod.ts";
import { READY } from "./ready.ts";

/** Most that is read from stdin: bytes. What it says (runtime options) comes again with Create. */
const MAX_STDIN = 10 * 1024 * 1024;
/** Most of a failing daemon's words that are passed on: bytes. */
const MAX_WORDS = 16 * 1024;

/** @throws with a message for the user of the container. */
export async function start(flags: Flags): Promise<void> {
  drainStdin();
  for (const flag of ["namespace", "address", "id"] as const) {
    if (flags[flag] === "") throw new TypeError(`start: no -${flag}`);
  }
  const bundle = flags.bundle || Deno.cwd();
  const group = groupOf(readSpec(bundle), flags.id);
  const path = socketPath(flags, group);
  makeFolders();
  const lock = lockSync(lockPath(path));
  let failed = true;
  try {
    if (!await listens(path)) await spawnDaemon(flags, bundle, path);
    writeAddress(bundle, socketAddress(path));
    failed = false;
  } finally {
    if (failed) lock.remove();
    lock.release();
  }
  Deno.stdout.writeSync(new TextEncoder().encode(`${socketAddress(path)}\n`));
  Deno.exit(0);
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

/** Starts a daemon that keeps none of containerd's descriptors, and waits until it listens. */
async function spawnDaemon(
  flags: Flags,
  bundle: string,
  socket: string,
): Promise<void> {
  const { path, args } = selfCommand([
    "daemon",
    "-namespace",
    flags.namespace,
    "-address",
    flags.address,
    "-id",
    flags.id,
    "-bundle",
    bundle,
    "-socket",
    socket,
    ...(flags.debug ? ["-debug"] : []),
  ]);
  const child = new Deno.Command(path, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: selfEnv(),
  }).spawn();
  // Without a deadline of ours: containerd has one, and a timer costs 2 MB.
  const said = await firstWords(child.stdout, READY.length);
  if (said === READY) return;
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended, which is why it did not say what it should.
  }
  const words = await firstWords(child.stderr, MAX_WORDS);
  const { code, signal } = await child.status;
  throw new Error(
    words.trim() ||
      `the shim's daemon ended before it listened: ${
        signal ?? `exit status ${code}`
      }`,
  );
}

/** Text of up to `length` bytes, less if the stream ends before. */
async function firstWords(
  stream: ReadableStream<Uint8Array>,
  length: number,
): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (text.length < length) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

/** containerd 1.x finds the daemon again by this file after its own restart: written whole or not at all. */
function writeAddress(bundle: string, address: string): void {
  Deno.writeTextFileSync(`${bundle}/.address`, address);
  Deno.renameSync(`${bundle}/.address`, `${bundle}/address`);
}
