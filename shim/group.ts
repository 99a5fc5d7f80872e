/** Which containers belong together. */
import type { Spec } from "./bundle.ts";

const SANDBOX_ID = "io.kubernetes.cri.sandbox-id";
const RUNC_GROUP = "io.containerd.runc.v2.group";

/** The pod a container belongs to: shared namespaces, a shared host, one lifetime. */
export function podOf(spec: Spec, id: string): string {
  const annotations = spec.annotations ?? {};
  return annotations[SANDBOX_ID] || annotations[RUNC_GROUP] || id;
}

/**
 * Which containers share a daemon: those of one pod. The one place that says so; the daemon itself keeps its state by
 * pod and would serve many.
 */
export function groupOf(spec: Spec, id: string): string {
  return podOf(spec, id);
}
