/** A host that runs a text of Envoy's shape inside the test. */
import { parseEnvoy } from "../../../runtime/config/envoy/mod.ts";
import { readLogFlags } from "../../../runtime/envoy_log.ts";
import {
  type RunningEnvoyHost,
  startEnvoy,
} from "../../../runtime/host/envoy/start.ts";
import { assemble } from "../../e2e/harness/guests.ts";
import { inFolder } from "../../cli/run.ts";

export interface EnvoyRun {
  host: RunningEnvoyHost;
  /** All log lines so far. */
  log(): string;
  /** Resolves once the log holds `text`, `times` times. */
  logged(text: string, times?: number): Promise<void>;
  /** `http://…` of listener number `i`. */
  url(i?: number): string;
}

/**
 * Runs `test` against the file `yaml`, in which `@NAME@` stands for the path of `guests[NAME]`, a module's text. Ports
 * are best given as 0.
 */
export function withEnvoy(
  yaml: string,
  guests: Record<string, string>,
  test: (run: EnvoyRun) => Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    let text = yaml;
    for (const [name, wat] of Object.entries(guests)) {
      await Deno.writeFile(`${folder}/${name}.wasm`, await assemble(wat));
      text = text.replaceAll(`@${name}@`, `${folder}/${name}.wasm`);
    }
    const config = await parseEnvoy(text, {
      file: "envoy.yaml",
      cwd: folder,
      env: {},
      files: {
        read: (path) => Deno.readFileSync(path),
        problem: () => undefined,
      },
    });
    let log = "";
    const take = (bytes: Uint8Array) => log += new TextDecoder().decode(bytes);
    const host = await startEnvoy({
      config,
      path: "envoy.yaml",
      flags: { data: `${folder}/data` },
      env: {},
      log: readLogFlags({ components: "wasm:trace" }),
      sink: {
        output: (_key, _stream, bytes) => {
          take(bytes);
          return Promise.resolve();
        },
        line: (_key, bytes) => take(bytes),
      },
    });
    try {
      await test({
        host,
        log: () => log,
        async logged(text, times = 1) {
          while (log.split(text).length <= times) {
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
        },
        url: (i = 0) => `http://127.0.0.1:${host.listeners[i]!.port}`,
      });
    } finally {
      await host.stop();
    }
  });
}

/** A module's text that logs each callback's letter; `bodies` go into the callbacks of these names. */
export function plugin(bodies: Record<string, string>, extra = ""): string {
  const callbacks: [name: string, params: number, result: boolean][] = [
    ["proxy_on_context_create", 2, false],
    ["proxy_on_vm_start", 2, true],
    ["proxy_on_configure", 2, true],
    ["proxy_on_tick", 1, false],
    ["proxy_on_request_headers", 3, true],
    ["proxy_on_request_body", 3, true],
    ["proxy_on_request_trailers", 2, true],
    ["proxy_on_response_headers", 3, true],
    ["proxy_on_response_body", 3, true],
    ["proxy_on_response_trailers", 2, true],
    ["proxy_on_new_connection", 1, true],
    ["proxy_on_downstream_data", 3, true],
    ["proxy_on_upstream_data", 3, true],
    ["proxy_on_log", 1, false],
  ];
  const functions = callbacks.filter(([name]) => name in bodies).map(
    ([name, params, result]) =>
      `(func (export "${name}") (param ${"i32 ".repeat(params)})
        ${result ? "(result i32)" : ""} ${bodies[name]})`,
  );
  return `(module
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (import "env" "proxy_set_buffer_bytes"
      (func $set (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_get_buffer_bytes"
      (func $get (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_get_property"
      (func $property (param i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_replace_header_map_value"
      (func $header (param i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_1"))
    (global $free (mut i32) (i32.const 32768))
    (func (export "malloc") (param i32) (result i32)
      (global.set $free (i32.add (global.get $free) (local.get 0)))
      (i32.sub (global.get $free) (local.get 0)))
    (func $say (param i32)
      (i32.store8 (i32.const 0) (local.get 0))
      (drop (call $log (i32.const 2) (i32.const 0) (i32.const 1))))
    ;; Logs buffer $0 whole.
    (func $tell (param i32)
      (drop (call $get (local.get 0) (i32.const 0) (i32.const -1)
        (i32.const 8) (i32.const 12)))
      (drop (call $log (i32.const 2) (i32.load (i32.const 8))
        (i32.load (i32.const 12)))))
    ;; Logs the property of that path, if it is known.
    (func $ask (param i32 i32)
      (if (i32.eqz (call $property (local.get 0) (local.get 1)
        (i32.const 8) (i32.const 12))) (then
          (drop (call $log (i32.const 2) (i32.load (i32.const 8))
            (i32.load (i32.const 12)))))))
    ${functions.join("\n")} ${extra})`;
}
