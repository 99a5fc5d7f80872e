/**
 * Deno's `node:http2`, which brings Deno's Node layer with it (40 ms, 8 MB), so it is loaded when the first client comes
 * that needs it.
 */
import type { performServerHandshake } from "node:http2";
import type { Duplex } from "node:stream";

export interface Layer {
  readonly performServerHandshake: typeof performServerHandshake;
  readonly Duplex: typeof Duplex;
  /** Calls `work` after what Node has put off to the end of this turn. */
  readonly later: (work: () => void) => void;
}

let loading: Promise<Layer> | undefined;

export function layer(): Promise<Layer> {
  return loading ??= load();
}

async function load(): Promise<Layer> {
  const [{ performServerHandshake }, { Duplex }, { setImmediate }] =
    await Promise.all([
      import("node:http2"),
      import("node:stream"),
      import("node:timers"),
    ]);
  return { performServerHandshake, Duplex, later: setImmediate };
}
