/** Parts of Layotto's shape that would do something there and do nothing here. The demo's own file has none of them. */
import { type Check, isObject, join, type JsonObject } from "./check.ts";

/** Adds a notice for each such part of the file. */
export function noticeUnused(check: Check, config: JsonObject): void {
  noticeTopLevel(check, config);
  const servers = Array.isArray(config.servers) ? config.servers : [];
  const server = isObject(servers[0]) ? servers[0] : {};
  const logPath = server.default_log_path;
  if (
    typeof logPath === "string" && !["", "stdout", "stderr"].includes(logPath)
  ) {
    check.notice(
      "servers[0].default_log_path",
      "has no effect: the log goes to standard error",
    );
  }
  const routers = Array.isArray(server.routers) ? server.routers : [];
  for (const [i, router] of routers.entries()) {
    noticeRouter(check, router, `servers[0].routers[${i}]`);
  }
}

function noticeTopLevel(check: Check, config: JsonObject): void {
  const { tracing, metrics, wasm_global_plugins: plugins } = config;
  if (isObject(tracing) && tracing.enable === true) {
    check.notice("tracing", "has no effect: traces are not exported");
  }
  if (isObject(metrics)) {
    check.notice(
      "metrics",
      "has no effect: metrics are at /metrics of the actuator",
    );
  }
  if (Array.isArray(plugins) && plugins.length > 0) {
    check.notice(
      "wasm_global_plugins",
      "has no effect: name modules in the stream filter",
    );
  }
}

/** Requests go to functions by their `id` header; a route that does anything but let them through is not followed. */
function noticeRouter(check: Check, router: unknown, path: string): void {
  const hosts = isObject(router) && Array.isArray(router.virtual_hosts)
    ? router.virtual_hosts
    : [];
  for (const [i, host] of hosts.entries()) {
    const at = join(`${path}.virtual_hosts`, i);
    if (!isObject(host)) continue;
    const domains = Array.isArray(host.domains) ? host.domains : [];
    const routes = Array.isArray(host.routers) ? host.routers : [];
    const plain = domains.every((domain) => domain === "*") &&
      routes.every(isPassThrough);
    if (!plain) {
      check.notice(
        at,
        'has no effect: every request goes to the function its header "id" names',
      );
    }
  }
}

/** A route without a match of its own, to the status 200 that a function's answer replaces. */
function isPassThrough(route: unknown): boolean {
  if (!isObject(route)) return false;
  const direct = route.direct_response;
  return Object.keys(route).every((key) => key === "direct_response") &&
    isObject(direct) && direct.status === 200 && direct.body === undefined;
}
