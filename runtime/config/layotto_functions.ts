/** The functions in a stream filter of type `Layotto`. */
import { fileLayer } from "../settings/layers.ts";
import { didYouMean, nearest } from "../settings/problems.ts";
import { SETTINGS_BY_NAME } from "../settings/table.ts";
import { readValue } from "../settings/value.ts";
import { type Check, join, type JsonObject } from "./check.ts";
import type { FunctionConfig, ParseOptions } from "./config.ts";

/** What Layotto reads of a function; any other text is configuration of the plugin. */
const FUNCTION_KEYS = [
  "name",
  "from_wasm_plugin",
  "vm_config",
  "instance_num",
  "root_context_id",
];

const VM_KEYS = ["engine", "path", "url", "md5", "cpu", "mem"];

/** The functions of one filter's `config`; `taken` holds names of those read before. */
export function readLayottoFunctions(
  check: Check,
  config: unknown,
  path: string,
  options: ParseOptions,
  taken: Set<string>,
): FunctionConfig[] {
  const functions: FunctionConfig[] = [];
  for (const [name, value] of Object.entries(check.object(config, path))) {
    const at = join(path, name);
    if (taken.has(name)) {
      check.problem(at, `found function ${JSON.stringify(name)} a second time`);
    }
    taken.add(name);
    functions.push(
      readFunction(check, name, check.object(value, at), at, options),
    );
  }
  return functions;
}

function readFunction(
  check: Check,
  name: string,
  fields: JsonObject,
  path: string,
  options: ParseOptions,
): FunctionConfig {
  checkKeys(check, fields, path);
  if (fields.from_wasm_plugin !== undefined) {
    check.expected(
      join(path, "from_wasm_plugin"),
      fields.from_wasm_plugin,
      "a vm_config: plugins are not shared by name here",
    );
  }
  const vm = check.object(fields.vm_config, join(path, "vm_config"));
  const vmFields = readVm(check, vm, join(path, "vm_config"));
  const file = vmFields.path ?? "";
  if (file === "") {
    check.expected(
      join(path, "vm_config", "path"),
      vm.path,
      "the path of a WebAssembly module",
    );
  }
  const at = join(path, "instance_num");
  const instances = readInstances(check, fields.instance_num, at, options.cpus);
  return {
    name,
    path: file.startsWith("/") ? file : `${options.cwd}/${file}`,
    settings: {
      ...fileLayer(options.node ? "node" : "file", { instances }, ""),
      place: () => check.place(at),
    },
    rootContextId: readInteger(
      check,
      fields.root_context_id,
      join(path, "root_context_id"),
      1,
    ),
    layotto: {
      pluginFields: Object.fromEntries(
        Object.entries(fields).filter((entry): entry is [string, string] =>
          typeof entry[1] === "string"
        ),
      ),
      vmFields,
    },
    place: check.place(path),
  };
}

function checkKeys(check: Check, fields: JsonObject, path: string): void {
  for (const [key, value] of Object.entries(fields)) {
    if (FUNCTION_KEYS.includes(key)) continue;
    if (nearest(key, FUNCTION_KEYS) !== undefined) {
      check.problem(
        join(path, key),
        `found unknown key ${JSON.stringify(key)}${
          didYouMean(key, FUNCTION_KEYS)
        }`,
      );
    } else if (typeof value !== "string") {
      check.notice(
        join(path, key),
        "has no effect: of a plugin's own keys Layotto hands over texts only",
      );
    }
  }
}

function readVm(
  check: Check,
  vm: JsonObject,
  path: string,
): Record<string, string> {
  check.keys(vm, VM_KEYS, path);
  const fields: Record<string, string> = {};
  for (const name of ["engine", "path", "url", "md5"]) {
    const value = check.text(vm[name], join(path, name));
    if (value !== undefined && value !== "") fields[name] = value;
  }
  for (const name of ["cpu", "mem"]) {
    const value = readInteger(check, vm[name], join(path, name), 0);
    if (value !== 0) fields[name] = String(value);
  }
  if (fields.url !== undefined) {
    check.notice(
      join(path, "url"),
      "has no effect: modules are loaded from path",
    );
  }
  return fields;
}

/** As Layotto has it, absent, 0 and less mean one for each CPU. */
function readInstances(
  check: Check,
  value: unknown,
  path: string,
  cpus: number,
): number {
  const instances = readInteger(check, value, path, 0);
  if (instances <= 0) return cpus;
  const setting = SETTINGS_BY_NAME.get("instances");
  const read = setting && readValue(setting, instances);
  if (read?.ok === false) check.problem(path, read.problem);
  return instances;
}

function readInteger(
  check: Check,
  value: unknown,
  path: string,
  absent: number,
): number {
  if (value === undefined) return absent;
  if (Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31) {
    return Number(value);
  }
  check.expected(path, value, "a whole number");
  return absent;
}
