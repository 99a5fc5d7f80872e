/** State stores of a configuration: their types and fields. */
import { didYouMean, list, nearest, show } from "../settings/problems.ts";
import { type Check, isObject, join, type JsonObject } from "./check.ts";
import { STATE_TYPES, type StateType, type StoreConfig } from "./config.ts";

/** Fields that a store of any type may have. */
const COMMON = ["keyPrefix"];

/** Fields by type, as Layotto's components call them; `tlsSkipVerify` is ours. */
const FIELDS: Record<StateType, readonly string[]> = {
  "in-memory": [],
  "sqlite": [],
  "redis": [
    "redisHost",
    "redisPassword",
    "db",
    "enableTLS",
    "tlsSkipVerify",
    "maxRetries",
    "maxRetryBackoff",
    "concurrency",
  ],
};

/** Fields that are read and say nothing here: we retry on our own terms. */
const WITHOUT_EFFECT = ["maxRetries", "maxRetryBackoff", "concurrency"];

/**
 * The stores in `value`, by name.
 * @param nested whether a store's fields stand under `metadata` (Layotto's shape) or beside `type` (ours).
 */
export function readStores(
  check: Check,
  value: unknown,
  path: string,
  nested: boolean,
): Record<string, StoreConfig> {
  const stores = new Map<string, StoreConfig>();
  for (const [name, store] of Object.entries(check.object(value, path))) {
    const read = readStore(check, store, join(path, name), nested);
    if (read) stores.set(name, read);
  }
  return Object.fromEntries(stores);
}

function readStore(
  check: Check,
  value: unknown,
  path: string,
  nested: boolean,
): StoreConfig | undefined {
  // The native shape may say just the type: `"state_demo": "sqlite"`.
  const store = !nested && typeof value === "string" ? { type: value } : value;
  if (!isObject(store)) {
    check.expected(path, value, 'an object with a "type"');
    return undefined;
  }
  const type = store.type;
  if (!isType(type)) {
    const near = typeof type === "string" && nearest(type, STATE_TYPES);
    check.expected(
      join(path, "type"),
      type,
      `one of ${list(STATE_TYPES)}${near ? didYouMean(type, STATE_TYPES) : ""}`,
    );
    return undefined;
  }
  if (nested) check.keys(store, ["type", "metadata"], path);
  const { type: _, ...beside } = store;
  const fields = nested
    ? check.object(store.metadata, join(path, "metadata"))
    : beside;
  const place = nested ? join(path, "metadata") : path;
  const metadata = readMetadata(check, type, fields, place);
  checkRedis(check, type, metadata, place);
  return { type, metadata, place: check.place(path) };
}

function isType(type: unknown): type is StateType {
  return (STATE_TYPES as readonly unknown[]).includes(type);
}

function readMetadata(
  check: Check,
  type: StateType,
  fields: JsonObject,
  path: string,
): Record<string, string> {
  const known = [...FIELDS[type], ...COMMON];
  check.keys(fields, known, path);
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!known.includes(name)) continue;
    if (["string", "number", "boolean"].includes(typeof value)) {
      metadata[name] = String(value);
    } else {
      // The value is not shown: it may be a secret in the wrong place.
      check.problem(
        join(path, name),
        "found a list, an object or null, expected a text",
      );
    }
    if (WITHOUT_EFFECT.includes(name) && value !== "") {
      check.notice(
        join(path, name),
        "has no effect: lost connections are retried without end",
      );
    }
  }
  if (metadata.keyPrefix?.includes("||")) {
    check.expected(
      join(path, "keyPrefix"),
      metadata.keyPrefix,
      'none, name, appid or a text without "||"',
    );
  }
  return metadata;
}

function checkRedis(
  check: Check,
  type: StateType,
  metadata: Record<string, string>,
  path: string,
): void {
  if (type !== "redis") return;
  const host = metadata.redisHost ?? "";
  if (!parseHostPort(host)) {
    check.problem(
      join(path, "redisHost"),
      `found ${
        host === "" ? "nothing" : show(host)
      }, expected "host:port", e.g. "localhost:6379"`,
    );
  }
  for (const name of ["enableTLS", "tlsSkipVerify"]) {
    const value = metadata[name] ?? "";
    if (!["", "true", "false"].includes(value)) {
      check.expected(join(path, name), value, '"true" or "false"');
    }
  }
  if (!/^[0-9]{0,5}$/.test(metadata.db ?? "")) {
    check.expected(join(path, "db"), metadata.db, "the number of a database");
  }
}

/** `host:port`, `[::1]:port` or `:port` (host ""); undefined for anything else. */
export function parseHostPort(
  text: string,
): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:\s/@[\]]*)):([0-9]{1,5})$/.exec(
    text,
  );
  const port = Number(match?.[3]);
  if (!match || port > 65535) return undefined;
  return { host: match[1] ?? match[2] ?? "", port };
}
