/**
 * Layotto's own shape, a MOSN configuration: listeners with filters, of which those we know become functions, stores and
 * settings. What Layotto itself does without is passed over; what would have an effect there and has none here is a
 * notice; mistakes in the parts we use are errors.
 */
import { fileLayer } from "../settings/layers.ts";
import { didYouMean, nearest } from "../settings/problems.ts";
import { Check, isObject, join, type JsonObject } from "./check.ts";
import type {
  FunctionConfig,
  HostConfig,
  ParseOptions,
  StoreConfig,
} from "./config.ts";
import { readLayottoFunctions } from "./layotto_functions.ts";
import { noticeUnused } from "./layotto_unused.ts";
import { parseHostPort, readStores } from "./stores.ts";

/** What is gathered while the listeners are read. */
interface Found {
  check: Check;
  options: ParseOptions;
  functions: FunctionConfig[];
  state: Record<string, StoreConfig>;
  settings: Record<string, unknown>;
  /** Where each of `settings` stands. */
  places: Record<string, string>;
  appId: string;
}

/** Reads Layotto's shape; see `parseConfig`. */
export function readLayotto(root: unknown, options: ParseOptions): HostConfig {
  const check = new Check(options.file);
  const config = check.object(root, "");
  const found: Found = {
    check,
    options,
    functions: [],
    state: {},
    settings: {},
    places: {},
    appId: "",
  };
  const servers = check.list(config.servers, "servers");
  if (servers.length !== 1) {
    check.problem("servers", `found ${servers.length} servers, expected one`);
  }
  const server = check.object(servers[0], "servers[0]");
  readLogLevel(found, server);
  const listeners = check.list(server.listeners, "servers[0].listeners");
  for (const [i, value] of listeners.entries()) {
    const path = `servers[0].listeners[${i}]`;
    readListener(found, check.object(value, path), path);
  }
  noticeUnused(check, config);
  check.finish();
  const layer = fileLayer(options.node ? "node" : "file", found.settings, "");
  return {
    shape: "layotto",
    functions: found.functions,
    state: found.state,
    clusters: {},
    settings: {
      ...layer,
      place: (name) => check.place(found.places[name] ?? name),
    },
    appId: found.appId,
    notices: check.notices,
  };
}

/** MOSN's log levels, and ours. */
const LOG_LEVELS: Record<string, string> = {
  TRACE: "trace",
  DEBUG: "debug",
  INFO: "info",
  WARN: "warn",
  ERROR: "error",
  FATAL: "critical",
};

function readLogLevel(found: Found, server: JsonObject): void {
  const path = "servers[0].default_log_level";
  const text = found.check.text(server.default_log_level, path);
  if (text === undefined || text === "") return;
  const level = LOG_LEVELS[text.toUpperCase()];
  if (level === undefined) {
    found.check.expected(
      path,
      text,
      `one of ${Object.keys(LOG_LEVELS).join(", ")}`,
    );
  } else set(found, "log-level", level, path);
}

function readListener(
  found: Found,
  listener: JsonObject,
  path: string,
): void {
  const { check } = found;
  let used = false;
  const filters = check.list(
    listener.stream_filters,
    join(path, "stream_filters"),
  );
  for (const [i, value] of filters.entries()) {
    const at = join(path, "stream_filters", i);
    const filter = check.object(value, at);
    const type = check.text(filter.type, join(at, "type"));
    if (type === "Layotto") {
      used = true;
      readAddress(found, listener, path, "http");
      found.functions.push(
        ...readLayottoFunctions(
          check,
          filter.config,
          join(at, "config"),
          found.options,
          new Set(found.functions.map((f) => f.name)),
        ),
      );
    } else if (type === "wasm_filter") {
      used = true;
      readAddress(found, listener, path, "admin");
    } else if (type === "actuator_filter") {
      used = true;
      readAddress(found, listener, path, "actuator");
    } else {
      check.notice(
        at,
        `stream filter ${JSON.stringify(type ?? "")} has no effect here`,
      );
    }
  }
  used = readNetworkFilters(found, listener, path) || used;
  if (!used) check.notice(path, "listener has no part that is served here");
}

/** The network filters of a listener; of these only `grpc` matters. */
function readNetworkFilters(
  found: Found,
  listener: JsonObject,
  path: string,
): boolean {
  const { check } = found;
  let used = false;
  const chains = check.list(
    listener.filter_chains,
    join(path, "filter_chains"),
  );
  for (const [i, value] of chains.entries()) {
    const chain = join(path, "filter_chains", i);
    const filters = check.list(
      check.object(value, chain).filters,
      join(chain, "filters"),
    );
    for (const [j, value] of filters.entries()) {
      const at = join(chain, "filters", j);
      const filter = check.object(value, at);
      if (filter.type !== "grpc") continue;
      used = true;
      readAddress(found, listener, path, "api");
      const config = check.object(filter.config, join(at, "config"));
      readGrpcConfig(
        found,
        check.object(config.grpc_config, join(at, "config", "grpc_config")),
        join(at, "config", "grpc_config"),
      );
    }
  }
  return used;
}

/** Kinds of components that Layotto has and this host does not; none of them is a misspelt `state`. */
const OTHER_COMPONENTS = [
  "hellos",
  "config_store",
  "configuration",
  "pub_subs",
  "file",
  "oss",
  "lock",
  "sequencer",
  "bindings",
  "secret_store",
  "cryption",
  "sms",
  "email",
  "phone",
  "custom_component",
];

function readGrpcConfig(
  found: Found,
  config: JsonObject,
  path: string,
): void {
  const { check } = found;
  Object.assign(
    found.state,
    readStores(check, config.state, join(path, "state"), true),
  );
  const app = check.object(config.app, join(path, "app"));
  found.appId = check.text(app.app_id, join(path, "app", "app_id")) ??
    found.appId;
  for (const [key, value] of Object.entries(config)) {
    if (["state", "app", "rpcs", "json"].includes(key)) continue;
    if (!isObject(value) || Object.keys(value).length === 0) continue;
    const near = nearest(key, ["state", "app"]);
    if (near && !OTHER_COMPONENTS.includes(key)) {
      check.problem(
        join(path, key),
        `found unknown key ${JSON.stringify(key)}${didYouMean(key, [near])}`,
      );
    } else {
      check.notice(
        join(path, key),
        `components of kind ${JSON.stringify(key)} are not served here`,
      );
    }
  }
}

/** Takes a listener's address over as the settings `<name>-address` and `<name>-port`. */
function readAddress(
  found: Found,
  listener: JsonObject,
  path: string,
  name: "http" | "admin" | "actuator" | "api",
): void {
  const { check } = found;
  const at = join(path, "address");
  const text = check.text(listener.address, at);
  if (name === "api" && text?.startsWith("/")) {
    check.notice(at, "the runtime API on a socket file is not served here");
    return;
  }
  const address = parseHostPort(text ?? "");
  if (!address) {
    check.expected(at, text, '"address:port", e.g. "0.0.0.0:2045"');
    return;
  }
  if (Object.hasOwn(found.settings, `${name}-port`)) {
    check.problem(path, `found a second listener for ${name}, expected one`);
    return;
  }
  if (listener.bind_port === false) {
    check.notice(join(path, "bind_port"), "has no effect: the port is opened");
  }
  set(found, `${name}-port`, address.port, at);
  const host = address.host === "" ? "0.0.0.0" : address.host;
  if (name === "api") return;
  if (name === "admin" && !isLoopback(host)) {
    check.notice(
      at,
      `found ${
        JSON.stringify(text)
      }; whoever reaches this port can run code, so it is opened on loopback only. To open it wider set admin-address`,
    );
    return;
  }
  set(found, `${name}-address`, host, at);
}

function set(found: Found, name: string, value: unknown, path: string): void {
  found.settings[name] = value;
  found.places[name] = path;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" ||
    /^127(\.[0-9]{1,3}){3}$/.test(host);
}
