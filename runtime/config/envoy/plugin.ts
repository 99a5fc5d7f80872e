/** `envoy.extensions.wasm.v3.PluginConfig` and the messages that hold it. */
import { list, show } from "../../settings/problems.ts";
import type { Readers } from "./any.ts";
import type { EnvoyOptions } from "./context.ts";
import type { Fields } from "./fields.ts";
import type { CodeSource, PluginConfig } from "./model.ts";
import { readSource } from "./sources.ts";
import { readConfiguration } from "./well_known.ts";

/** Whichever engine a file names, the module runs in ours. `null` names plugins compiled into Envoy. */
const RUNTIMES = ["v8", "wamr", "wasmtime", "wasmedge", "wavm"];

/** Readers of the two filters, whose one field is `config`. */
export function wasmFilters(
  type:
    | "envoy.extensions.filters.http.wasm.v3.Wasm"
    | "envoy.extensions.filters.network.wasm.v3.Wasm",
  options: EnvoyOptions,
): Readers<PluginConfig | undefined> {
  return { [type]: (fields) => readConfig(fields, options) };
}

/** The plugin in the field `config`; undefined after a problem. */
export function readConfig(
  fields: Fields,
  options: EnvoyOptions,
): PluginConfig | undefined {
  return fields.requiredMessage(
    "config",
    (config) => readPlugin(config, options),
  );
}

function readPlugin(
  fields: Fields,
  options: EnvoyOptions,
): PluginConfig | undefined {
  const plugin = {
    name: fields.text("name"),
    rootId: fields.text("root_id"),
    configuration: readConfiguration(fields, "configuration"),
    onFailure: readFailure(fields),
    allowedCapabilities: readCapabilities(fields),
    headersAlone: fields.flag("allow_on_headers_stop_iteration") ?? false,
    place: fields.check.place(fields.path),
  };
  const vm = fields.requiredMessage("vm_config", (vm) => readVm(vm, options));
  if (vm?.code === undefined) return undefined;
  const { allowedCapabilities = vm.allowedCapabilities, ...rest } = plugin;
  return { ...rest, ...vm, code: vm.code, allowedCapabilities };
}

function readVm(fields: Fields, options: EnvoyOptions) {
  const vmId = fields.text("vm_id");
  const runtime = fields.text("runtime");
  if (
    runtime !== "" &&
    !RUNTIMES.some((name) => runtime === `envoy.wasm.runtime.${name}`)
  ) {
    fields.check.expected(
      fields.at("runtime"),
      runtime,
      `one of ${list(RUNTIMES.map((name) => `envoy.wasm.runtime.${name}`))}`,
    );
  }
  // They hasten loading in Envoy; here modules are compiled from their own bytes.
  fields.flag("allow_precompiled");
  fields.flag("nack_on_code_cache_miss");
  return {
    vmId,
    code: fields.requiredMessage("code", (code) => readCode(code, options)),
    vmConfiguration: readConfiguration(fields, "configuration"),
    environment: fields.message(
      "environment_variables",
      (variables) => readEnvironment(variables, options.env),
    ) ?? {},
    allowedCapabilities: readCapabilities(fields),
  };
}

function readCode(
  fields: Fields,
  options: EnvoyOptions,
): CodeSource | undefined {
  if (fields.exactlyOne(["local"]) === undefined) return undefined;
  return fields.message("local", (local) => {
    const code = readSource(local, options);
    if (code?.kind !== "file") return code;
    const problem = options.files.problem(code.path);
    if (problem !== undefined) {
      local.check.problem(local.at("filename"), problem);
    }
    return code;
  });
}

/** A variable of this process that is not set is left out, as Envoy does. */
function readEnvironment(
  fields: Fields,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const variables = new Map<string, string>();
  const given = fields.check.object(
    fields.raw("key_values"),
    fields.at("key_values"),
  );
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== "string" && value !== null) {
      fields.check.expected(
        `${fields.at("key_values")}.${name}`,
        value,
        "a text in quotes",
      );
      continue;
    }
    variables.set(name, value ?? "");
  }
  const seen = new Set(Object.keys(given));
  for (const name of fields.texts("host_env_keys")) {
    if (seen.has(name)) {
      fields.check.problem(
        fields.at("host_env_keys"),
        `found ${show(name)} a second time, expected each variable once`,
      );
    }
    seen.add(name);
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined) variables.set(name, value);
  }
  return Object.fromEntries(variables);
}

function readFailure(fields: Fields): PluginConfig["onFailure"] {
  const policy = fields.choice("failure_policy", {
    UNSPECIFIED: 0,
    FAIL_RELOAD: 1,
    FAIL_CLOSED: 2,
    FAIL_OPEN: 3,
  });
  const open = fields.flag("fail_open");
  if (open === true && policy !== "UNSPECIFIED") {
    fields.check.problem(
      fields.at("fail_open"),
      'found beside "failure_policy", expected one of the two',
    );
  }
  // How long Envoy waits before it loads a module again; a failed instance is replaced here after a time of our own.
  fields.message("reload_config", (reload) => {
    reload.message("backoff", (backoff) => {
      backoff.duration("base_interval");
      backoff.duration("max_interval");
    });
  });
  if (open === true || policy === "FAIL_OPEN") return "open";
  return policy === "FAIL_RELOAD" ? "reload" : "close";
}

/** An empty list of capabilities restricts nothing. */
function readCapabilities(fields: Fields): string[] | undefined {
  return fields.message("capability_restriction_config", (config) => {
    const names = config.map("allowed_capabilities", () => {}).map(([name]) =>
      name
    );
    return names.length === 0 ? undefined : names;
  });
}
