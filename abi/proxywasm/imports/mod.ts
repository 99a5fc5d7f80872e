/** Every released proxy-wasm host function, of 0.1.0, 0.2.0 and 0.2.1 together (ABI.md §1). All in module `env`. */
import type { HostCallTable } from "../../host_call.ts";
import type { Vm } from "../vm.ts";
import { BUFFERS } from "./buffers.ts";
import { CALLS } from "./calls.ts";
import { CONTEXTS } from "./contexts.ts";
import { FOREIGN } from "./foreign.ts";
import { HEADERS } from "./headers.ts";
import { LOGGING } from "./logging.ts";
import { METRICS } from "./metrics.ts";
import { PROPERTIES } from "./properties.ts";
import { QUEUES } from "./queues.ts";
import { SHARED_DATA } from "./shared_data.ts";
import { STREAMS } from "./streams.ts";
import { TIME } from "./time.ts";

export const PROXY_WASM: HostCallTable<Vm> = {
  ...LOGGING,
  ...TIME,
  ...BUFFERS,
  ...HEADERS,
  ...PROPERTIES,
  ...STREAMS,
  ...CALLS,
  ...SHARED_DATA,
  ...QUEUES,
  ...METRICS,
  ...CONTEXTS,
  ...FOREIGN,
};
