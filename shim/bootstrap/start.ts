/**
 * `start`: makes sure that a daemon listens for this container's group, and prints where (SHIM.md §1). Nothing but that
 * one line goes to stdout, and nothing at all to stderr unless it fails: containerd takes both for the address.
 */
import type { Flags } from "../flags.ts";
import { selfCommand, selfEnv } from "../../runtime/mod.ts";
import { announce, secure } from "./group_socket.ts";
import { READY } from "./ready.ts";

/** Most of a failing daemon's words that are passed on: bytes. */
const MAX_WORDS = 16 * 1024;

/** @throws with a message for the user of the container. */
export async function start(flags: Flags): Promise<void> {
  const { path } = await secure(
    flags,
    (bundle, path) => spawnDaemon(flags, bundle, path),
  );
  announce(path);
  Deno.exit(0);
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
