/**
 * This process's stdin and stdout as plain bytes. As streams they would have a host load Deno's streams before it knows
 * what it is to run: 2 ms.
 */
import type { ByteWriter } from "../control/writer.ts";

/** Most that is read at once: bytes. */
const CHUNK = 64 * 1024;

/** All that comes in on stdin, in pieces that belong to whoever takes them. */
export async function* stdinBytes(): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK);
  for (;;) {
    const count = await Deno.stdin.read(buffer);
    if (count === null) return;
    yield buffer.slice(0, count);
  }
}

/** Stdout; a write ends when the pipe has all of it. */
export const stdoutBytes: ByteWriter = {
  async write(bytes) {
    for (let at = 0; at < bytes.length;) {
      at += await Deno.stdout.write(bytes.subarray(at));
    }
  },
  close: () => Promise.resolve(Deno.stdout.close()),
};
