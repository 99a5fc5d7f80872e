/**
 * The short shape:
 *
 *     {
 *       "functions": { "f1": "f1.wasm", "f2": { "path": "f2.wasm", "instances": 4 } },   (commands: see command.ts)
 *       "state": { "state_demo": "sqlite" },
 *       "clusters": { "web": "http://127.0.0.1:8080" },
 *       "settings": { "http-port": 8080 },
 *       "app": "shop"
 *     }
 *
 * and, in the node's file, `"ceiling": { "instances": 16 }`. Unknown keys are errors.
 */
import { fileLayer } from "../settings/layers.ts";
import { ConfigError } from "../settings/problems.ts";
import { type Ceiling, readCeiling } from "../settings/resolve.ts";
import { type Setting, SETTINGS } from "../settings/table.ts";
import { readValue } from "../settings/value.ts";
import { Check, isObject, join, type JsonObject } from "./check.ts";
import { COMMAND_KEYS, readCommand } from "./command.ts";
import type { FunctionConfig, HostConfig, ParseOptions } from "./config.ts";
import { readChain } from "./chain.ts";
import { readClusters } from "./clusters.ts";
import { readStores } from "./stores.ts";

/** Reads the short shape; see `parseConfig`. */
export function readNative(root: unknown, options: ParseOptions): HostConfig {
  const check = new Check(options.file);
  if (!isObject(root)) {
    check.expected("", root, "an object");
    check.finish();
  }
  const config = check.object(root, "");
  if (Object.hasOwn(config, "static_resources")) {
    check.problem(
      "static_resources",
      "this is a file of Envoy's shape, which layotto start takes and nothing else; expected Layotto's (with servers) or the short one (with functions)",
    );
    check.finish();
  }
  const known = [
    "functions",
    "state",
    "clusters",
    "chain",
    "settings",
    "app",
    "ceiling",
  ];
  check.keys(config, known, "");
  const functions = readFunctions(check, config.functions, options);
  const clusters = readClusters(check, config.clusters, "clusters");
  const names = functions.map(({ name }) => name);
  const result: HostConfig = {
    shape: "native",
    functions,
    chain: readChain(check, config.chain, names, clusters),
    state: readStores(check, config.state, "state", false),
    clusters,
    settings: readSettings(check, config.settings, options),
    ceiling: readCeilingOf(check, config.ceiling, options),
    appId: check.text(config.app, "app") ?? "",
    notices: check.notices,
  };
  check.finish();
  return result;
}

function readFunctions(
  check: Check,
  value: unknown,
  options: ParseOptions,
): FunctionConfig[] {
  const functions: FunctionConfig[] = [];
  for (
    const [name, entry] of Object.entries(check.object(value, "functions"))
  ) {
    const path = join("functions", name);
    const fields: JsonObject = typeof entry === "string"
      ? { path: entry }
      : check.object(entry, path);
    if (fields.path === undefined || fields.path === "") {
      check.expected(
        join(path, "path"),
        fields.path,
        "the path of a WebAssembly module",
      );
    }
    const file = check.text(fields.path, join(path, "path")) ?? "";
    const { path: _, args, env, mounts, ...settings } = fields;
    const others = ["path", ...COMMAND_KEYS];
    checkSettings(check, settings, path, "function", others);
    functions.push({
      name,
      path: file.startsWith("/") ? file : `${options.folder}/${file}`,
      settings: fileLayer(kindOf(options), settings, `${check.place(path)}.`),
      rootContextId: 1,
      command: readCommand(
        check,
        { args, env, mounts },
        path,
        options.folder,
      ),
      place: check.place(path),
    });
  }
  return functions;
}

function readSettings(check: Check, value: unknown, options: ParseOptions) {
  const settings = check.object(value, "settings");
  checkSettings(check, settings, "settings", "any");
  return fileLayer(kindOf(options), settings, check.place("settings."));
}

/** Bad values are told here with all else that is wrong in the file, and not one function at a time. */
function checkSettings(
  check: Check,
  values: JsonObject,
  path: string,
  scope: "function" | "any",
  others: readonly string[] = [],
): void {
  const settings = (SETTINGS as readonly Setting[]).filter((s) =>
    scope === "any" || s.scope !== "host"
  );
  for (const [name, found] of Object.entries(values)) {
    const setting = settings.find((s) => s.name === name);
    if (!setting) {
      check.unknownKey(name, [...others, ...settings.map((s) => s.name)], path);
      continue;
    }
    const read = readValue(setting, found);
    if (!read.ok) check.problem(join(path, name), read.problem);
  }
}

function readCeilingOf(
  check: Check,
  value: unknown,
  options: ParseOptions,
): Ceiling | undefined {
  if (value === undefined) return undefined;
  if (!options.node) {
    check.problem(
      "ceiling",
      "found a ceiling, expected it in the node's file only",
    );
    return undefined;
  }
  try {
    return readCeiling(check.object(value, "ceiling"), check.place("ceiling"));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    check.problems.push(...error.problems);
    return undefined;
  }
}

function kindOf(options: ParseOptions): "file" | "node" {
  return options.node ? "node" : "file";
}
