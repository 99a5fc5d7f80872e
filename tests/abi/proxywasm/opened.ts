/** One exchange through a plugin of letters, whose owner writes down what it is told. */
import {
  envoyFields,
  HeaderMap,
  type HttpStream,
  type HttpStreamOwner,
  type LogLevel,
  PluginInstance,
  type StreamSink,
} from "../../../abi/mod.ts";
import {
  bytes,
  moduleOf,
  options,
  RecordingHost,
  request,
  text,
} from "../guests.ts";
import { passThrough, PROXY_WASM } from "../signatures.ts";

/** Callbacks with the letter each logs, and whether it logs what its second argument says, up to 9. */
export const CALLBACKS: [name: string, letter: string, sized: boolean][] = [
  ["request_headers", "h", false],
  ["request_body", "b", true],
  ["request_trailers", "t", false],
  ["response_headers", "H", false],
  ["response_body", "B", true],
  ["response_trailers", "T", false],
];

const IMPORTS = [
  "proxy_log",
  "proxy_continue_stream",
  "proxy_close_stream",
  "proxy_set_effective_context",
  "proxy_send_local_response",
  "proxy_get_header_map_value",
  "proxy_add_header_map_value",
  "proxy_remove_header_map_value",
  "proxy_set_header_map_pairs",
  "proxy_http_call",
].map((name) => passThrough("env", name, PROXY_WASM[name]!).imported);

/**
 * A plugin that logs each callback, body sizes and a `!` at an end of a body, does what `asks` says as WebAssembly text,
 * and answers what `answers` says: one digit per call, the last of them for all that follow. A tick asks for both
 * directions to go on, or does what `asks` says. `$say` logs a letter, `$local` answers with a status and "no".
 */
export function guest(
  answers: Record<string, string>,
  extra = "",
  asks: Record<string, string> = {},
): string {
  const functions = CALLBACKS.map(([name, letter, sized], i) => {
    const digits = answers[name] ?? "0";
    const at = 256 + 32 * i;
    const three = !name.endsWith("trailers");
    return `(data (i32.const ${at}) "${digits}")
      (global $n${i} (mut i32) (i32.const 0))
      (func (export "proxy_on_${name}") (param i32 i32 ${three ? "i32" : ""})
        (result i32) (local $answer i32)
        (call $say (i32.const ${letter.charCodeAt(0)}))
        ${sized ? "(call $say (i32.add (i32.const 48) (local.get 1)))" : ""}
        ${three ? "(if (local.get 2) (then (call $say (i32.const 33))))" : ""}
        ${asks[name] ?? ""}
        (local.set $answer (i32.sub
          (i32.load8_u (i32.add (i32.const ${at}) (global.get $n${i})))
          (i32.const 48)))
        (if (i32.lt_u (global.get $n${i}) (i32.const ${digits.length - 1}))
          (then (global.set $n${i}
            (i32.add (global.get $n${i}) (i32.const 1)))))
        (local.get $answer))`;
  });
  return `(module
    ${IMPORTS.join("\n")}
    (memory (export "memory") 1)
    (data (i32.const 16) "no")
    (func (export "malloc") (param i32) (result i32) (i32.const 4096))
    (func (export "proxy_abi_version_0_2_1"))
    (func $say (param i32)
      (i32.store8 (i32.const 0) (local.get 0))
      (drop (call $proxy_log (i32.const 2) (i32.const 0) (i32.const 1))))
    (func $local (param i32)
      (drop (call $proxy_send_local_response (local.get 0)
        (i32.const 0) (i32.const 0) (i32.const 16) (i32.const 2)
        (i32.const 0) (i32.const 0) (i32.const -1))))
    (func $go (param i32)
      (drop (call $proxy_continue_stream (local.get 0))))
    (func (export "proxy_on_tick") (param i32)
      (drop (call $proxy_set_effective_context (i32.const 2)))
      ${asks.tick ?? "(call $go (i32.const 0)) (call $go (i32.const 1))"})
    (func (export "proxy_on_queue_ready") (param i32 i32)
      (drop (call $proxy_set_effective_context (i32.const 2)))
      (drop (call $proxy_close_stream (local.get 1))))
    ${functions.join("\n")} ${extra})`;
}

export interface Opened {
  plugin: PluginInstance;
  host: RecordingHost;
  stream: HttpStream;
  /** Both directions, each event as a few characters. */
  went: string[];
  /** The same with the plugin's letters among them. */
  all: string[];
  /** What the plugin logged since the last look. */
  saw(): string;
  request: StreamSink;
  response: StreamSink;
  go(): void;
  /** One more of the same owner. */
  another(): HttpStream;
}

/** Opens an exchange on a new instance of `wat`. */
export async function open(
  wat: string,
  limit = 100,
  failOpen = false,
): Promise<Opened> {
  const went: string[] = [];
  const all: string[] = [];
  class Host extends RecordingHost {
    override log(level: LogLevel, line: string): void {
      super.log(level, line);
      all.push(line);
    }
  }
  const host = new Host();
  const plugin = await PluginInstance.create(moduleOf(wat), host, options());
  const note = (event: string) => {
    went.push(event);
    all.push(event);
  };
  const sink = (side: string): StreamSink => ({
    headers: (_map, end) => note(`${side} headers${end ? " end" : ""}`),
    data: (data, end) => note(`${side} ${text(data)}${end ? " end" : ""}`),
    trailers: (map) => {
      const fields = map.pairs.map(([name, value]) => ` ${name}=${value}`);
      note(`${side} trailers${fields.join("")}`);
    },
  });
  const owner: HttpStreamOwner = {
    onward: sink(">"),
    back: sink("<"),
    respond: ({ status }) => note(`respond ${status}`),
    close: () => note("close"),
    overflow: (side) => note(`${side} overflow`),
    pressure: (side, on) => note(`${side} ${on ? "waits" : "goes on"}`),
    failed: ({ callback }) => {
      note(`failed ${callback}`);
      return failOpen ? "bypass" : "stop";
    },
  };
  const another = () =>
    plugin.openHttp(request(), owner, { limit, answers: false });
  const stream = another();
  return {
    plugin,
    host,
    stream,
    went,
    all,
    saw: () => {
      const all = host.logged.map(([, line]) => line).join("");
      host.logged.length = 0;
      return all;
    },
    request: stream.request,
    response: stream.response,
    go: () => plugin.tick(),
    another,
  };
}

/** Another exchange of the same instance, all of which goes on to `sink`. */
export function openAnother(plugin: PluginInstance, sink: StreamSink) {
  return plugin.openHttp(request(), {
    onward: sink,
    back: sink,
    respond() {},
    close() {},
    overflow() {},
    pressure() {},
    failed: () => "stop",
  }, { limit: 10, answers: false });
}

export const FIELDS = () => envoyFields(request());
export const ANSWER = () => {
  const map = new HeaderMap();
  map.add(":status", "200");
  return map;
};

/** Parts of a body, the last with its end, in the direction that `into` is. */
export function feed(into: StreamSink, map: HeaderMap, parts: string[]): void {
  into.headers(map, false);
  parts.forEach((part, i) => into.data(bytes(part), i === parts.length - 1));
}
