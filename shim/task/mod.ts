/** All that answers calls, in one module: the daemon loads it while its host boots. */
export { Server } from "../../proto/ttrpc/mod.ts";
export { Publisher } from "../events/publisher.ts";
export { taskServices } from "./service.ts";
export { Tasks } from "./tasks.ts";
