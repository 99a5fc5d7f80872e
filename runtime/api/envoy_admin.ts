/**
 * The admin endpoints that Envoy has at `admin.address`, those of them that plugin authors' tests ask: `/listeners`,
 * `/ready`, `/stats`, `/stats/prometheus`, `/server_info`. Pure: a request and an interface in, an answer out, worded as
 * Envoy 1.40's.
 */
import { readRegex, RegexError } from "../ingress/regex.ts";
import {
  type EnvoyStat,
  isUsed,
  statsJson,
  statsPrometheus,
  statsText,
} from "./envoy_stats.ts";

/** What the endpoints need of the host. */
export interface EnvoyAdminSource {
  /** Those that listen, with the port that they got. */
  listeners(): readonly { name: string; host: string; port: number }[];
  /** `LIVE` when all listeners listen and every plugin runs. */
  state(): "LIVE" | "DRAINING" | "PRE_INITIALIZING" | "INITIALIZING";
  stats(): Iterable<EnvoyStat>;
  readonly node: { readonly id: string; readonly cluster: string };
  /** As `/server_info` says it. */
  readonly version: string;
  /** Since the start, milliseconds. */
  uptime(): number;
  /** The configuration's path, "" where there is none. */
  readonly configPath: string;
}

const COMMANDS = [
  ["/help", "print out list of admin commands"],
  ["/listeners", "print listener info", [
    "format: File format to use; One of (text, json)",
  ]],
  ["/ready", "print server state, return 200 if LIVE, otherwise return 503"],
  ["/server_info", "print server version/status information"],
  ["/stats", "print server stats", [
    "usedonly: Only include stats that have been written by system since restart",
    "filter: Regular expression (Google re2) for filtering stats",
    "format: Format to use; One of (text, json, prometheus)",
    "type: Stat types to include.; One of (All, Counters, Histograms, Gauges, TextReadouts)",
  ]],
  ["/stats/prometheus", "print server stats in prometheus format", [
    "usedonly: Only include stats that have been written by system since restart",
    "filter: Regular expression (Google re2) for filtering stats",
  ]],
] as const;

const TEXT = "text/plain; charset=UTF-8";
const JSON_TYPE = "application/json";

/** Answers one request of the admin listener. Never throws. */
export function handleEnvoyAdmin(
  request: Request,
  source: EnvoyAdminSource,
): Response {
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/":
    case "/help":
      return answer(200, TEXT, `admin commands are:\n${help()}`);
    case "/ready": {
      const state = source.state();
      return answer(state === "LIVE" ? 200 : 503, TEXT, `${state}\n`);
    }
    case "/listeners":
      return searchParams.get("format") === "json"
        ? answer(200, JSON_TYPE, listenersJson(source))
        : answer(200, TEXT, listenersText(source));
    case "/server_info":
      return answer(200, JSON_TYPE, serverInfo(source));
    case "/stats":
      return stats(source, searchParams, searchParams.get("format") ?? "text");
    case "/stats/prometheus":
      return stats(source, searchParams, "prometheus");
  }
  return answer(404, TEXT, `invalid path. admin commands are:\n${help()}`);
}

function answer(status: number, type: string, body: string): Response {
  return new Response(body, {
    status,
    headers: {
      "content-type": type,
      "cache-control": "no-cache, max-age=0",
      "x-content-type-options": "nosniff",
      server: "envoy",
    },
  });
}

function help(): string {
  return COMMANDS.map(([path, what, parameters = []]) =>
    `  ${path}: ${what}\n` +
    parameters.map((parameter) => `      ${parameter}\n`).join("")
  ).join("");
}

function listenersText(source: EnvoyAdminSource): string {
  return source.listeners().map(({ name, host, port }) =>
    `${name}::${host.includes(":") ? `[${host}]` : host}:${port}\n`
  ).join("");
}

function listenersJson(source: EnvoyAdminSource): string {
  return pretty({
    listener_statuses: source.listeners().map(({ name, host, port }) => ({
      name,
      local_address: { socket_address: { address: host, port_value: port } },
    })),
  });
}

function serverInfo(source: EnvoyAdminSource): string {
  const uptime = `${Math.floor(source.uptime() / 1000)}s`;
  return pretty({
    version: source.version,
    state: source.state(),
    uptime_current_epoch: uptime,
    uptime_all_epochs: uptime,
    command_line_options: { config_path: source.configPath, mode: "Serve" },
    node: { id: source.node.id, cluster: source.node.cluster },
  });
}

/** With one blank for each level, as protobuf's writer has it. */
function pretty(value: unknown): string {
  return `${JSON.stringify(value, undefined, 1)}\n`;
}

const FORMATS: Readonly<
  Record<
    string,
    readonly [type: string, write: (stats: readonly EnvoyStat[]) => string]
  >
> = {
  text: [TEXT, statsText],
  json: [JSON_TYPE, statsJson],
  prometheus: [TEXT, statsPrometheus],
};

const KINDS: Readonly<Record<string, EnvoyStat["kind"] | "all" | "none">> = {
  All: "all",
  Counters: "counter",
  Gauges: "gauge",
  Histograms: "histogram",
  TextReadouts: "none",
};

function stats(
  source: EnvoyAdminSource,
  parameters: URLSearchParams,
  format: string,
): Response {
  const writer = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (writer === undefined) {
    return answer(400, TEXT, "usage: /stats?format=(json|prometheus|text)\n\n");
  }
  const type = parameters.get("type") ?? "All";
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined) return answer(400, TEXT, "invalid &type= param");
  const filter = readFilter(parameters.get("filter") ?? "");
  if (typeof filter === "string") return answer(400, TEXT, filter);
  const usedOnly = parameters.has("usedonly");
  const chosen = [...source.stats()].filter((stat) =>
    (kind === "all" || stat.kind === kind) && filter(stat.name) &&
    (!usedOnly || isUsed(stat))
  );
  const [contentType, write] = writer;
  return answer(200, contentType, write(chosen));
}

/** Which names a pattern is found in; a text says what is wrong with it. */
function readFilter(pattern: string): ((name: string) => boolean) | string {
  if (pattern === "") return () => true;
  try {
    const regex = readRegex(pattern);
    return (name) => regex.finds(name);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    return `Invalid re2 regex: ${error.message}\n`;
  }
}
