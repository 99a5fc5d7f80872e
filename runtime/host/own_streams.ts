/** The process's own streams as a sink, each written in order and one write at a time. */
import { OUTPUT_WINDOW } from "../control/messages.ts";
import { FrameWriter } from "../control/writer.ts";
import type { Sink } from "./pod_options.ts";

/** WASI's. */
const EIO = 29;
const EPIPE = 64;

/** Lines of ours are dropped while more than a window waits. */
export function ownStreams(): Sink {
  const streams = {
    1: new FrameWriter(Deno.stdout.writable.getWriter()),
    2: new FrameWriter(Deno.stderr.writable.getWriter()),
  };
  let behind = 0;
  const output: Sink["output"] = async (_key, stream, bytes) => {
    behind += bytes.length;
    streams[stream].send(bytes);
    await streams[stream].flushed();
    behind -= bytes.length;
    const { broken } = streams[stream];
    return broken && (broken instanceof Deno.errors.BrokenPipe ? EPIPE : EIO);
  };
  return {
    output,
    line(key, bytes) {
      if (behind <= OUTPUT_WINDOW) output(key, 2, bytes);
    },
    async flushed() {
      await streams[1].flushed();
      await streams[2].flushed();
    },
  };
}
