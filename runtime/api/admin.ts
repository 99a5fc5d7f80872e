/**
 * Layotto's admin API: `/wasm/install`, `/wasm/update`, `/wasm/uninstall` (ABI.md §5.7, §5.9). Pure: a request and an
 * interface in, an answer out. Statuses and texts are Layotto's own.
 */
import { joined } from "../../proto/joined.ts";
import { JsonSyntaxError, parseJson } from "../config/json.ts";

/** A function to install. */
export interface InstallSpec {
  name: string;
  /** The module's path as given; relative to the current folder. */
  path: string;
  /** Absent: as many as there are CPUs, as Layotto has it. */
  instances?: number;
  rootContextId: number;
  /** Text-valued keys of the request: the plugin's configuration. */
  pluginFields: Record<string, string>;
  /** Fields of `vm_config` as texts. */
  vmFields: Record<string, string>;
}

/** What the admin API needs of the host. An error's message is what the caller reads (status 500). */
export interface FunctionAdmin {
  /** Whether a running function answers to `id`. */
  isRegistered(id: string): boolean;
  /**
   * Installs a function. As in Layotto a module that cannot be read yet is no error: it is loaded once it appears.
   */
  install(spec: InstallSpec): Promise<void>;
  /** Ends every function registered under `id`, which is registered. */
  uninstall(id: string): Promise<void>;
  /** Gives the function `id`, which is registered, that many instances; the same number is no change. */
  update(id: string, instances: number): Promise<void>;
}

/** Greatest request body, bytes. */
export const MAX_ADMIN_BODY = 1024 * 1024;

/** Greatest number of instances. */
const MAX_INSTANCES = 100_000;

/** Answers one request of the admin listener. Never rejects. */
export async function handleAdmin(
  request: Request,
  functions: FunctionAdmin,
): Promise<Response> {
  const [room, name] = new URL(request.url).pathname.split("/").filter((part) =>
    part !== ""
  );
  const handler = room === "wasm" ? HANDLERS[name ?? ""] : undefined;
  if (!handler) return answer(404);
  // Only a browser says where a request comes from. A page that someone looks at must not install functions here.
  if (request.headers.has("origin")) {
    return answer(403, "requests of web pages are not accepted");
  }
  try {
    await handler(await readBody(request), functions);
    return answer(200);
  } catch (error) {
    return answer(500, error instanceof Error ? error.message : String(error));
  }
}

type Body = Record<string, unknown>;

const HANDLERS: Record<
  string,
  (body: Body, functions: FunctionAdmin) => Promise<void>
> = { __proto__: null as never, install, uninstall, update };

async function install(body: Body, functions: FunctionAdmin): Promise<void> {
  const name = readName(body);
  if (functions.isRegistered(name)) {
    throw new Error(`${name} is already registered`);
  }
  await functions.install(readSpec(name, body));
}

async function uninstall(body: Body, functions: FunctionAdmin): Promise<void> {
  const name = readName(body);
  if (!functions.isRegistered(name)) {
    throw new Error(`${name} is not registered`);
  }
  await functions.uninstall(name);
}

async function update(body: Body, functions: FunctionAdmin): Promise<void> {
  if (body.name === undefined || body.name === null) readName(body);
  const wanted = body.instance_num;
  if (wanted === undefined || wanted === null) {
    throw new Error("can't get instance_num property");
  }
  if (typeof wanted !== "number") {
    throw new Error("instance_num should be a number");
  }
  const instances = Math.trunc(wanted);
  if (instances <= 0) throw new Error("instance_num should be greater than 0");
  checkInstances(instances);
  const name = readName(body);
  if (!functions.isRegistered(name)) {
    throw new Error(`${name} is not registered`);
  }
  await functions.update(name, instances);
}

function readName(body: Body): string {
  const { name } = body;
  if (name === undefined || name === null) {
    throw new Error("can't get name property");
  }
  if (typeof name !== "string") throw new Error("name should be a string");
  return name;
}

function readSpec(name: string, body: Body): InstallSpec {
  const instances = field(body, "instance_num", "int");
  const rootContextId = field(body, "root_context_id", "int32");
  const vm = body.vm_config;
  if (field(body, "from_wasm_plugin", "string")) {
    // Plugins of Layotto's `wasm_global_plugins`: there are none here.
    throw new Error("plugin not found");
  }
  if (vm === undefined || vm === null) throw new Error("nil vm config");
  if (typeof vm !== "object" || Array.isArray(vm)) {
    throw new Error(
      mismatch(vm, "filterConfigItem.vm_config", "v2.WasmVmConfig"),
    );
  }
  const vmFields = readVm(vm as Body);
  if (vmFields.path === undefined) {
    throw new Error("vm_config has no path: modules are loaded from files");
  }
  if (instances !== undefined) checkInstances(instances);
  return {
    name,
    path: vmFields.path,
    instances: instances !== undefined && instances > 0 ? instances : undefined,
    rootContextId: rootContextId ?? 1,
    pluginFields: textFields(body),
    vmFields,
  };
}

function readVm(vm: Body): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, type] of Object.entries(VM_FIELDS)) {
    const value = field(vm, name, type, "WasmVmConfig");
    if (value !== undefined && value !== "") fields[name] = String(value);
  }
  return fields;
}

const VM_FIELDS = {
  engine: "string",
  path: "string",
  url: "string",
  md5: "string",
  cpu: "int",
  mem: "int",
} as const;

/** Layotto hands a plugin the text-valued keys but `from_wasm_plugin`. */
function textFields(body: Body): Record<string, string> {
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] =>
      typeof entry[1] === "string" && entry[0] !== "from_wasm_plugin"
    ),
  );
}

function field(body: Body, name: string, type: "string"): string | undefined;
function field(
  body: Body,
  name: string,
  type: "int" | "int32",
): number | undefined;
function field(
  body: Body,
  name: string,
  type: "string" | "int" | "int32",
  struct?: string,
): string | number | undefined;
function field(
  body: Body,
  name: string,
  type: "string" | "int" | "int32",
  struct = "filterConfigItem",
): string | number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (type === "string" && typeof value === "string") return value;
  const max = type === "int32" ? 2 ** 31 - 1 : Number.MAX_SAFE_INTEGER;
  if (
    type !== "string" && typeof value === "number" &&
    Number.isInteger(value) && Math.abs(value) <= max
  ) return value;
  throw new Error(mismatch(value, `${struct}.${name}`, type));
}

/** A value of the wrong type, in Go's words. */
function mismatch(value: unknown, struct: string, type: string): string {
  return `json: cannot unmarshal ${
    goKind(value)
  } into Go struct field ${struct} of type ${type}`;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return `number ${value}`;
  return typeof value === "boolean" ? "bool" : typeof value;
}

function checkInstances(instances: number): void {
  if (instances > MAX_INSTANCES) {
    throw new Error(
      `instance_num should not be greater than ${MAX_INSTANCES}`,
    );
  }
}

async function readBody(request: Request): Promise<Body> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) throw new Error("invalid request body");
  let value: unknown;
  try {
    value = parseJson(new TextDecoder().decode(bytes), { duplicates: "last" });
  } catch (error) {
    // Line and column have no place in Go's text.
    if (error instanceof JsonSyntaxError) throw new Error(error.message);
    throw error;
  }
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new Error(
      `json: cannot unmarshal ${
        goKind(value).split(" ")[0]
      } into Go value of type map[string]interface {}`,
    );
  }
  return value as Body;
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > MAX_ADMIN_BODY) {
      throw new Error(
        `found a request body over ${MAX_ADMIN_BODY} bytes, expected a shorter one`,
      );
    }
    chunks.push(chunk);
  }
  return joined(chunks);
}

function answer(status: number, error?: string): Response {
  return new Response(error === undefined ? null : JSON.stringify({ error }), {
    status,
    headers: { "content-type": "application/json" },
  });
}
