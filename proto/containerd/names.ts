/**
 * Names that containerd and a shim write on the wire (SHIM.md §2–§4).
 *
 * @module
 */

/** Service of the task API as containerd 1.6 to 2.x call it by default. */
export const TASK_V2 = "containerd.task.v2.Task";
/** The same service for shims that answered `start` with version 3. */
export const TASK_V3 = "containerd.task.v3.Task";
/** Service of the sandbox API. */
export const SANDBOX = "containerd.runtime.sandbox.v1.Sandbox";
/** containerd's own service that takes events. */
export const EVENTS = "containerd.services.events.ttrpc.v1.Events";

/** ttrpc metadata key with the namespace; containerd does not always send it. */
export const NAMESPACE_KEY = "containerd-namespace-ttrpc";

/** Event topics, by the message that goes with each. */
export const TOPICS = {
  TaskCreate: "/tasks/create",
  TaskStart: "/tasks/start",
  TaskExit: "/tasks/exit",
  TaskDelete: "/tasks/delete",
  TaskOOM: "/tasks/oom",
  TaskExecAdded: "/tasks/exec-added",
  TaskExecStarted: "/tasks/exec-started",
  TaskPaused: "/tasks/paused",
  TaskResumed: "/tasks/resumed",
  TaskCheckpointed: "/tasks/checkpointed",
} as const;

/** Name of an event message. */
export type EventName = keyof typeof TOPICS;

/**
 * The type URL of an event message: the bare name, because containerd 1.6
 * cannot decode one with a prefix.
 */
export function eventTypeUrl(name: EventName): string {
  return `containerd.events.${name}`;
}

/** Type URLs that containerd knows, other than those of events. */
export const TYPE_URLS = {
  METRICS_V1: "io.containerd.cgroups.v1.Metrics",
  METRICS_V2: "io.containerd.cgroups.v2.Metrics",
  RUNTIME_OPTIONS: "runtimeoptions.v1.Options",
  LINUX_RESOURCES:
    "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources",
  PROCESS: "types.containerd.io/opencontainers/runtime-spec/1/Process",
  POD_SANDBOX_CONFIG: "runtime.v1.PodSandboxConfig",
} as const;
