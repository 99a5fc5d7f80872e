/** What a host without a shim, which asks others whether they live, does by itself every few seconds. */
import { after } from "../../proto/after.ts";
import type { Logger } from "../log.ts";
import { Reclaimer } from "../memory/reclaimer.ts";
import { memoryCalls } from "./memory_calls.ts";
import type { Pod } from "./pod.ts";
import { Watchdog } from "./watchdog.ts";

/** Between two rounds: milliseconds. */
const EVERY_MS = 5_000;

/** Starts the rounds. @returns what ends them. */
export function startRounds(pod: Pod, log: Logger): () => void {
  const reclaimer = new Reclaimer(() => memoryCalls);
  const watchdog = new Watchdog(pod, (fn, silence) => {
    log.error(`function ${fn.id} has kept its isolate busy for ${silence} ms`);
  });
  let cancel = () => {};
  const wait = () => cancel = after(EVERY_MS, round);
  const round = () => {
    watchdog.look();
    reclaimer.look();
    wait();
  };
  wait();
  return () => cancel();
}
