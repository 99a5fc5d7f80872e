/** A plugin that says which of its callbacks run, and in what order. */
import { PluginInstance } from "../../abi/mod.ts";
import { bytes, moduleOf, options, RecordingHost, request } from "./guests.ts";

/** Imports and helpers that the guests below share: `$say` logs one letter, `$two` two digits of a context id. */
export const PRELUDE = `
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_set_buffer_bytes"
    (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_send_local_response"
    (func $local (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $be (param i32) (result i32)))
  (import "env" "proxy_continue_stream" (func $go (param i32) (result i32)))
  (import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
  (import "env" "proxy_done" (func $done (result i32)))
  (import "env" "proxy_add_header_map_value"
    (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "body")
  (data (i32.const 80) "id_7")
  (func $say (param i32)
    (i32.store8 (i32.const 0) (local.get 0))
    (drop (call $log (i32.const 2) (i32.const 0) (i32.const 1))))
  (func $answer
    (drop (call $set
      (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 4))))`;

/** A guest that logs a letter in each callback: which, and in what order, is the test. */
const LETTERS: [
  name: string,
  letter: string,
  params: number,
  result: string,
][] = [
  ["_initialize", "I", 0, ""],
  ["proxy_on_context_create", "c", 2, ""],
  ["proxy_on_vm_start", "v", 2, "1"],
  ["proxy_on_configure", "f", 2, "1"],
  ["proxy_on_tick", "t", 1, ""],
  ["proxy_on_queue_ready", "q", 2, ""],
  ["proxy_on_request_headers", "h", 3, "0"],
  ["proxy_on_request_body", "b", 3, "0"],
  ["proxy_on_response_headers", "H", 3, "0"],
  ["proxy_on_response_body", "B", 3, "0"],
  ["proxy_on_done", "d", 1, "1"],
  ["proxy_on_log", "l", 1, ""],
  ["proxy_on_delete", "x", 1, ""],
];

/** The guest that logs letters; `changes` has other bodies for its callbacks, "absent" for none. */
export function guest(
  changes: Record<string, string> = {},
  extra = "",
): string {
  const functions = LETTERS.map(([name, letter, params, result]) => {
    const types = params === 0 ? "" : `(param ${"i32 ".repeat(params)})`;
    const body = changes[name] ??
      `(call $say (i32.const ${letter.charCodeAt(0)}))
       ${result === "" ? "" : `(i32.const ${result})`}`;
    if (body === "absent") return "";
    return `(func (export "${name}") ${types}
      ${result === "" ? "" : "(result i32)"} ${body})`;
  });
  return `(module ${PRELUDE}
    (func (export "proxy_abi_version_0_2_1"))
    ${functions.join("\n")} ${extra})`;
}

/** A started plugin; `letters` takes what it has logged since. */
export interface Started {
  plugin: PluginInstance;
  host: RecordingHost;
  letters: () => string;
}

export async function start(wat: string): Promise<Started> {
  const host = new RecordingHost();
  const plugin = await PluginInstance.create(
    moduleOf(wat),
    host,
    options({
      vmConfiguration: bytes("vm"),
      pluginConfiguration: bytes("plugin!"),
    }),
  );
  const letters = () => {
    const all = host.logged.map(([, line]) => line).join("");
    host.logged.length = 0;
    return all;
  };
  return { plugin, host, letters };
}

export const POST = request({ body: bytes("12345"), bodyIsReal: true });
