/** Opens a listener that a configuration names, for a chain of functions of this isolate. */
import { pickWeighted } from "../../ingress/route_action.ts";
import { openListener } from "../../ingress/listener.ts";
import type { ListenerSpec } from "../listener_spec.ts";
import type { LocalFunction } from "./function.ts";
import { RouterTerminal } from "./http/router_terminal.ts";
import { serveHttp } from "./http/serve.ts";
import type { Terminal, TerminalEvents } from "./http/terminal.ts";
import { upstreams } from "./port.ts";
import { serveTcp } from "./tcp/serve.ts";

/** @returns the port. @throws {Error} naming the address that cannot be had, or a function that is not here. */
export function openChain(
  listener: ListenerSpec,
  find: (fn: number) => LocalFunction | undefined,
): number {
  const functions = listener.functions.map((fn) => {
    const found = find(fn);
    if (!found) throw new Error(`function ${fn} is not in this isolate`);
    return found;
  });
  const { hostname, port, shared, limit, owner } = listener;
  if (listener.kind === "tcp") {
    const connect = (events: Parameters<typeof upstreams.tcp>[2]) =>
      upstreams.tcp(
        owner,
        pickWeighted(listener.upstreams, Math.random())?.name ?? "",
        events,
      );
    return serveTcp({ functions, connect, limit }, hostname, port, shared);
  }
  const known = new Set(listener.clusters);
  const terminal = (events: TerminalEvents): Terminal =>
    new RouterTerminal({
      routes: listener.routes,
      knows: (cluster) => known.has(cluster),
      open: (cluster, timeout, heard) =>
        upstreams.http(owner, cluster, timeout, heard),
    }, events);
  return openListener(
    hostname,
    port,
    (request, reply) =>
      serveHttp(
        { functions, terminal, trailers: listener.trailers },
        request,
        reply,
      ),
    shared,
  ).port;
}
