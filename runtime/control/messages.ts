/**
 * The control protocol between shim and host, spoken over the host's stdin and stdout. Version 1.
 *
 * Frames (`frame.ts`) carry either one of these messages as JSON, or bytes that belong to a container: its output, its
 * input, its module. Every message that concerns a container names it by `Key`; nothing assumes one pod per host.
 * Requests carry `seq` and are answered by one `result` with the same `seq`; answers may come in any order.
 */

export const CONTROL_VERSION = 1;

/** Whom a message is about. `exec` is "" for the container's own process. */
export interface Key {
  pod: string;
  container: string;
  exec: string;
}

/** What the host is told of a container; taken from its OCI spec and the annotations of its pod. */
export interface ContainerSpec {
  /** The container's name (CRI) or its id: what a function is called that does not say its id itself. */
  name: string;
  /** `process.args`; args[0] is the module's path in the image. */
  args: string[];
  env: string[];
  cwd: string;
  /** `layotto.mosn.io/…` annotations of the pod, prefix removed. */
  annotations: Record<string, string>;
  /** A folder the host can read that holds this container's mounted tree, or "" where it has none. */
  tree: string;
  /** Whether a stdin stream will come (`input` frames, ended by an empty one). */
  stdin: boolean;
  /** Whether whoever started the container has a terminal at the other end of its streams. */
  terminal?: boolean;
}

/** What the host is told of a pod, once, before its first container. */
export interface PodSpec {
  /** The pod's folder for kept data that the host may write, or "" where there is none. */
  data: string;
  /** The text of the node's `/etc/layotto/config.json`, or "" where there is none. */
  nodeConfig: string;
  /** `layotto.mosn.io/…` annotations of the pod, prefix removed. */
  annotations: Record<string, string>;
}

/** Shim to host. */
export type Request =
  | { type: "hello"; seq: number; version: number }
  | { type: "openPod"; seq: number; pod: string; spec: PodSpec }
  /** The module's bytes came before, as `module` frames of the same key. */
  | {
    type: "create";
    seq: number;
    key: Key;
    spec: ContainerSpec;
    moduleSize: number;
  }
  | { type: "start"; seq: number; key: Key }
  | { type: "signal"; seq: number; key: Key; signal: number }
  | { type: "delete"; seq: number; key: Key }
  | { type: "update"; seq: number; key: Key; resources: unknown }
  | { type: "pause"; seq: number; key: Key }
  | { type: "resume"; seq: number; key: Key }
  | { type: "exec"; seq: number; key: Key; spec: unknown }
  | { type: "ping"; seq: number };

/** Shim to host, unanswered. `credit`: so many bytes of that container's output were taken by their sink. */
export type Notice = { type: "credit"; key: Key; bytes: number };

/** Why a request failed; `shim/errors.ts` turns the code into a ttrpc one. */
export type ErrorCode =
  | "invalid"
  | "notFound"
  | "exists"
  | "precondition"
  | "unimplemented"
  | "unavailable"
  | "internal";

/** Host to shim. */
export type Reply =
  | {
    type: "result";
    seq: number;
    error?: { code: ErrorCode; message: string };
  }
  /** So many bytes of that container's input were read by its guest. */
  | { type: "inputTaken"; key: Key; bytes: number }
  /** A container's process ended by itself or by a signal. `at` is milliseconds since the epoch. */
  | { type: "exited"; key: Key; status: number; at: number; reason: string };

export type Message = Request | Notice | Reply;

/** Input a container may have under way, not yet `inputTaken`, before whoever feeds it waits: bytes. */
export const INPUT_WINDOW = 256 * 1024;

/** Output a container may have under way, unacknowledged by `credit`, before its guest waits: bytes. */
export const OUTPUT_WINDOW = 256 * 1024;
