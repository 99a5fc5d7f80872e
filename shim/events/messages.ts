/** Events as containerd takes them. */
import { eventTypeUrl, TOPICS } from "../../proto/containerd/names.ts";
import {
  TaskCreate,
  TaskDelete,
  TaskExit,
  TaskOOM,
  TaskStart,
} from "../../proto/gen/containerd/events.ts";
import type { ForwardRequest } from "../../proto/gen/containerd/forward.ts";
import { toTimestamp } from "../../proto/timestamp.ts";

const CODECS = { TaskCreate, TaskStart, TaskExit, TaskDelete, TaskOOM };

/** The events this shim publishes. */
export type EventName = keyof typeof CODECS;
/** The message of an event, every field of it. */
export type EventOf<N extends EventName> = ReturnType<
  typeof CODECS[N]["decode"]
>;

/**
 * The request that forwards one event. Envelope, time and event are always there: containerd crashes without
 * (SHIM.md §4).
 */
export function forwardRequest<N extends EventName>(
  namespace: string,
  name: N,
  event: EventOf<N>,
  at: number,
): ForwardRequest & { envelope: NonNullable<ForwardRequest["envelope"]> } {
  const codec = CODECS[name] as {
    encode(message: EventOf<N>): { finish(): Uint8Array };
  };
  if (namespace === "") {
    throw new TypeError(`event ${name}: no namespace to publish it in`);
  }
  return {
    envelope: {
      timestamp: toTimestamp(at),
      namespace,
      topic: TOPICS[name],
      event: {
        typeUrl: eventTypeUrl(name),
        value: codec.encode(event).finish(),
      },
    },
  };
}
