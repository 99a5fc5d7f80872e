/** A command on a laptop: this process's streams are its own. */
import type { StreamKind } from "../../abi/host.ts";
import type { InputWindow } from "../control/input_window.ts";
import type { HostFunction } from "../function/function.ts";

/** Passes what comes in on to a command, and its end. */
export async function feed(
  { fn, isolate }: HostFunction,
  stdin: ReadableStream<Uint8Array>,
  window: InputWindow,
): Promise<void> {
  try {
    for await (const bytes of stdin) {
      isolate.input(fn, bytes);
      await window.sent(bytes.length);
    }
  } catch {
    // What cannot be read has ended.
  }
  isolate.input(fn, undefined);
}

/** What this process's own streams are. */
export function streamKinds(): StreamKind[] {
  return [Deno.stdin, Deno.stdout, Deno.stderr].map((stream, fd) => {
    if (stream.isTerminal()) return "terminal";
    try {
      return Deno.statSync(`/dev/fd/${fd}`).isFile ? "file" : "pipe";
    } catch {
      return "pipe";
    }
  });
}
