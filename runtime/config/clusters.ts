/**
 * The section `clusters`: services that functions call by name.
 *
 *     "clusters": {
 *       "web": "http://127.0.0.1:8080",
 *       "auth": { "url": ["http://10.0.0.1:50051", "http://10.0.0.2:50051"], "http2": true, "connect-timeout": "1s" },
 *       "db": "tcp://db:5432"
 *     }
 */
import {
  type ClusterConfig,
  clusterOf,
  CONNECT_TIMEOUT,
} from "../upstream/cluster_config.ts";
import {
  parseTarget,
  type Target,
  TARGET_EXPECTED,
} from "../upstream/target.ts";
import { expectation, readValue } from "../settings/value.ts";
import type { Setting } from "../settings/table.ts";
import { type Check, isObject, join, type JsonObject } from "./check.ts";

/** Endpoints of one cluster. */
const MAX_ENDPOINTS = 256;
/** Characters of a cluster's name. */
const MAX_NAME = 256;

/** How a connect timeout is read: as durations of settings are. */
const TIMEOUT: Setting = {
  name: "connect-timeout",
  type: "duration",
  scope: "host",
  default: CONNECT_TIMEOUT,
  min: 1,
  max: 600_000,
  doc: "",
};

/** The clusters in `value`, by name. */
export function readClusters(
  check: Check,
  value: unknown,
  path: string,
): Record<string, ClusterConfig> {
  const clusters = new Map<string, ClusterConfig>();
  for (const [name, entry] of Object.entries(check.object(value, path))) {
    const at = join(path, name);
    if (name === "" || name.length > MAX_NAME) {
      check.expected(at, name, `a name of 1 to ${MAX_NAME} characters`);
    }
    const cluster = readCluster(check, entry, at);
    if (cluster) clusters.set(name, cluster);
  }
  return Object.fromEntries(clusters);
}

function readCluster(
  check: Check,
  value: unknown,
  path: string,
): ClusterConfig | undefined {
  const short = typeof value === "string";
  if (!short && !isObject(value)) {
    check.expected(
      path,
      value,
      `${TARGET_EXPECTED}, or an object with a "url"`,
    );
    return undefined;
  }
  const fields: JsonObject = short ? { url: value } : value;
  check.keys(fields, ["url", "http2", "connect-timeout"], path);
  const targets = readTargets(
    check,
    fields.url,
    short ? path : join(path, "url"),
  );
  const http2 = readHttp2(check, fields.http2, join(path, "http2"));
  const connectTimeout = readTimeout(
    check,
    fields["connect-timeout"],
    join(path, "connect-timeout"),
  );
  const [first] = targets;
  if (!first) return undefined;
  if (http2 && first.scheme === "tcp") {
    check.expected(join(path, "http2"), true, "a url of http:// or https://");
  }
  return {
    ...clusterOf(first),
    endpoints: targets.map((target) => target.endpoint),
    ...http2 && { protocol: "http2" },
    connectTimeout,
  };
}

function readTargets(check: Check, value: unknown, path: string): Target[] {
  const texts = Array.isArray(value) ? value : [value];
  if (texts.length === 0 || texts.length > MAX_ENDPOINTS) {
    check.problem(
      path,
      `found a list of ${texts.length}, expected 1 to ${MAX_ENDPOINTS} of ${TARGET_EXPECTED}`,
    );
    return [];
  }
  const targets: Target[] = [];
  for (const [i, text] of texts.entries()) {
    const at = Array.isArray(value) ? join(path, i) : path;
    const target = typeof text === "string" ? parseTarget(text) : undefined;
    if (!target) check.expected(at, text, TARGET_EXPECTED);
    else if (targets[0] && target.scheme !== targets[0].scheme) {
      check.expected(at, text, `${targets[0].scheme}:// as the first has it`);
    } else targets.push(target);
  }
  return targets;
}

function readHttp2(check: Check, value: unknown, path: string): boolean {
  if (value !== undefined && typeof value !== "boolean") {
    check.expected(path, value, "true or false");
  }
  return value === true;
}

function readTimeout(check: Check, value: unknown, path: string): number {
  if (value === undefined) return CONNECT_TIMEOUT;
  const read = readValue(TIMEOUT, value);
  if (read.ok) return Number(read.value);
  check.expected(path, value, expectation(TIMEOUT));
  return CONNECT_TIMEOUT;
}
