/** Where this shim keeps things, and what they are called. */
import { digest } from "./digest.ts";

/** Run state: sockets, and a folder per pod that is gone with the pod. */
export const RUN = "/run/layotto";
/** Sockets of daemons; only root may look. */
export const SOCKETS = `${RUN}/s`;
/** Kept data of pods, a folder each, removed with the pod. */
export const DATA = "/var/lib/layotto/pods";
/** The node's defaults. */
export const NODE_CONFIG = "/etc/layotto/config.json";

/** Whose daemon or pod: one containerd's, one namespace's. */
export interface Scope {
  /** Path of containerd's gRPC socket; tells two containerds of one machine apart. */
  address: string;
  namespace: string;
}

/**
 * The socket of the daemon for `group`. Folder and hash are ours alone: runc's and runwasi's shims hash the same
 * three, and would find our daemon when they serve the same pod.
 */
export function socketPath(scope: Scope, group: string): string {
  return `${SOCKETS}/${nameOf("layotto/", scope, group)}`;
}

/** The address `start` prints for a socket. */
export function socketAddress(path: string): string {
  return `unix://${path}`;
}

/** The folders of one pod. */
export interface PodPaths {
  /** `/run/layotto/<pod>`, removed with the pod. */
  root: string;
  /** Shared mount: one folder per container, whose `rootfs` is its tree. The host sees what is mounted here later. */
  containers: string;
  /** Private mount in which trees are put together before they appear in `containers`. */
  stage: string;
  /** Namespaces, bind-mounted, so that they outlive a host. */
  namespaces: string;
  /** What `delete` must know when the daemon is gone. */
  record: string;
  /** Data the host may write. */
  data: string;
}

/** The folders of `pod`, whose name may be anything (an annotation can say it). */
export function podPaths(scope: Scope, pod: string): PodPaths {
  const hash = nameOf("layotto/pod/", scope, pod);
  const readable = pod.replace(/[^A-Za-z0-9_.-]/g, "_").slice(0, 76);
  const root = `${RUN}/${readable}-${hash.slice(0, 12)}`;
  return {
    root,
    containers: `${root}/c`,
    stage: `${root}/stage`,
    namespaces: `${root}/ns`,
    record: `${root}/record.json`,
    data: `${DATA}/${readable}-${hash.slice(0, 12)}`,
  };
}

function nameOf(prefix: string, scope: Scope, name: string): string {
  return digest(prefix + [scope.address, scope.namespace, name].join("\n"));
}
