/**
 * The well-known properties that a host without Envoy can answer. Paths arrive with their segments joined by a zero
 * byte. Text is given raw, numbers as 8 bytes little endian, times as nanoseconds, maps as pairs (ABI.md §4.2).
 */
import { decodeByteString, encodeText } from "../text.ts";
import type { HttpContext } from "./contexts.ts";
import type { HeaderMap } from "./header_map.ts";
import { encodePairs, pairsSize } from "./pairs.ts";
import type { Vm } from "./vm.ts";

/** A value: bytes, or text as a byte string. */
export type PropertyValue = Uint8Array | string;

/** Those of the plugin itself. */
const OF_PLUGIN: Record<string, (vm: Vm) => PropertyValue> = {
  "plugin_root_id": ({ options }) => text(options.rootId),
  "plugin_name": ({ options }) => text(options.pluginName),
  "plugin_vm_id": ({ options }) => text(options.vmId),
};

/** Those of an HTTP exchange. */
const OF_EXCHANGE: Record<
  string,
  (http: HttpContext) => PropertyValue | undefined
> = {
  "request\0path": ({ request }) => text(request.path),
  "request\0url_path": ({ request }) => text(request.path.split("?", 1)[0]!),
  "request\0query": ({ request }) =>
    text(/\?(.*)/s.exec(request.path)?.[1] ?? ""),
  "request\0host": ({ request }) => text(request.authority),
  "request\0scheme": ({ request }) => text(request.scheme),
  "request\0method": ({ request }) => text(request.method),
  "request\0referer": (http) => http.requestHeaders.get("referer"),
  "request\0useragent": (http) => http.requestHeaders.get("user-agent"),
  "request\0id": (http) => http.requestHeaders.get("x-request-id"),
  "request\0headers": (http) => encodePairs(http.requestHeaders.pairs),
  "request\0size": (http) => number(bodySize(http)),
  "request\0total_size": (http) =>
    number(bodySize(http) + pairsSize(http.requestHeaders.pairs)),
  "request\0time": (http) => number(http.started, 1_000_000n),
  "request\0duration": (http) =>
    number(Math.max(0, Date.now() - http.started), 1_000_000n),
  "response\0headers": (http) => encodePairs(http.responseHeaders.pairs),
  "response\0trailers": (http) => encodePairs(http.responseTrailers.pairs),
  "response\0size": (http) => number(http.responseSide.body?.length ?? 0),
};

/** Maps whose fields can be asked for one by one: the path goes on with a field's name. */
const FIELDS: [prefix: string, map: (http: HttpContext) => HeaderMap][] = [
  ["request\0headers\0", (http) => http.requestHeaders],
  ["response\0headers\0", (http) => http.responseHeaders],
  ["response\0trailers\0", (http) => http.responseTrailers],
];

/** The value at `path` (a byte string), or undefined where there is none. */
export function readProperty(vm: Vm, path: string): PropertyValue | undefined {
  // Paths are the guest's: `constructor` must not find Object's.
  if (Object.hasOwn(OF_PLUGIN, path)) return OF_PLUGIN[path]!(vm);
  const http = vm.http;
  if (http === undefined) return undefined;
  if (Object.hasOwn(OF_EXCHANGE, path)) return OF_EXCHANGE[path]!(http);
  for (const [prefix, map] of FIELDS) {
    if (path.startsWith(prefix)) {
      return map(http).get(path.slice(prefix.length).toLowerCase());
    }
  }
  return undefined;
}

/** Layotto puts the query where a body would be; the size of the request is that of its real body. */
function bodySize(http: HttpContext): number {
  return http.request.bodyIsReal ? http.request.body.length : 0;
}

/** Text as the byte string of its UTF-8, which for ASCII is the text itself. */
function text(value: string): string {
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > 0x7f) {
      const bytes = encodeText(value);
      return decodeByteString(bytes, 0, bytes.length);
    }
  }
  return value;
}

function number(value: number, scale = 1n): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(
    0,
    BigInt(Math.trunc(value)) * scale,
    true,
  );
  return bytes;
}
