/**
 * All of the runtime that the shim may see: how to talk to a host and how to start one. Kept light, since the shim
 * loads it before it answers; nothing here may pull in the host itself.
 */
export {
  HostClient,
  type HostEvents,
  HostRequestError,
} from "./control/client.ts";
export {
  type ContainerSpec,
  CONTROL_VERSION,
  type ErrorCode,
  type Key,
  OUTPUT_WINDOW,
  type PodSpec,
} from "./control/messages.ts";
export { guessAddress } from "./guess.ts";
export { type MemoryCalls, Reclaimer } from "./memory/reclaimer.ts";
export { packaging, selfCommand, selfEnv } from "./self.ts";
export { VERSION } from "./version.ts";
