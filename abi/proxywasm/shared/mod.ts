/** What instances may share: one object per VM id, made by whoever places the instances. */
import { Metrics } from "./metrics.ts";
import { SharedData } from "./data.ts";
import { SharedQueues } from "./queues.ts";

export interface SharedServices {
  readonly data: SharedData;
  readonly queues: SharedQueues;
  readonly metrics: Metrics;
}

/** Services of one VM id inside this isolate. */
export function createSharedServices(): SharedServices {
  return {
    data: new SharedData(),
    queues: new SharedQueues(),
    metrics: new Metrics(),
  };
}
