/** Names of clusters that routes and TCP proxies use and no cluster has. */
import { didYouMean, show } from "../../settings/problems.ts";
import type { Check } from "../check.ts";
import type { EnvoyCluster, EnvoyListener } from "./model.ts";
import type { RouteAction } from "./route_model.ts";

/** Adds a problem for each; a notice where it is a TCP proxy's, which Envoy takes too: its connections are closed. */
export function checkReferences(
  check: Check,
  listeners: readonly EnvoyListener[],
  clusters: readonly EnvoyCluster[],
): void {
  const known = clusters.map(({ name }) => name);
  for (const listener of listeners) {
    for (const [name, what] of usedBy(listener)) {
      if (name === "" || known.includes(name)) continue;
      const list = listener.kind === "tcp" ? check.notices : check.problems;
      list.push(
        `${listener.place}: ${what} names cluster ${show(name)}${
          didYouMean(name, known)
        }, which static_resources.clusters does not have`,
      );
    }
  }
}

function* usedBy(listener: EnvoyListener): Generator<[string, string]> {
  if (listener.kind === "tcp") {
    for (const { name } of listener.proxy.clusters) {
      yield [name, "its TCP proxy"];
    }
    return;
  }
  for (const host of listener.routes.virtualHosts) {
    for (const [i, { action }] of host.routes.entries()) {
      const what = `route ${i} of virtual host ${show(host.name)}`;
      for (const name of namesOf(action)) yield [name, what];
    }
  }
}

function namesOf(action: RouteAction): string[] {
  if (action.kind !== "forward") return [];
  const { cluster } = action;
  if (cluster.kind === "name") return [cluster.name];
  return cluster.kind === "weighted"
    ? cluster.clusters.map(({ name }) => name)
    : [];
}
