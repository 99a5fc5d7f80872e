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

/** The value at `path` (a byte string), or undefined where there is none. */
export function readProperty(vm: Vm, path: string): PropertyValue | undefined {
  switch (path) {
    case "plugin_root_id":
      return text(vm.options.rootId);
    case "plugin_name":
      return text(vm.options.pluginName);
    case "plugin_vm_id":
      return text(vm.options.vmId);
  }
  const http = vm.http;
  if (http === undefined) return undefined;
  const [subject, name, key, ...rest] = path.split("\0");
  if (name === undefined || rest.length > 0) return undefined;
  if (subject === "request") return requestProperty(http, name, key);
  if (subject === "response") return responseProperty(http, name, key);
  return undefined;
}

function requestProperty(
  http: HttpContext,
  name: string,
  key: string | undefined,
): PropertyValue | undefined {
  if (name === "headers") return mapProperty(http.requestHeaders, key);
  if (key !== undefined) return undefined;
  const { request } = http;
  switch (name) {
    case "path":
      return text(request.path);
    case "url_path":
      return text(request.path.split("?", 1)[0]!);
    case "query":
      return text(/\?(.*)/s.exec(request.path)?.[1] ?? "");
    case "host":
      return text(request.authority);
    case "scheme":
      return text(request.scheme);
    case "method":
      return text(request.method);
    case "referer":
      return http.requestHeaders.get("referer");
    case "useragent":
      return http.requestHeaders.get("user-agent");
    case "id":
      return http.requestHeaders.get("x-request-id");
    case "size":
      return number(bodySize(http));
    case "total_size":
      return number(bodySize(http) + pairsSize(http.requestHeaders.pairs));
    case "time":
      return number(http.started, 1_000_000n);
    case "duration":
      return number(Math.max(0, Date.now() - http.started), 1_000_000n);
    default:
      return undefined;
  }
}

function responseProperty(
  http: HttpContext,
  name: string,
  key: string | undefined,
): PropertyValue | undefined {
  if (name === "headers") return mapProperty(http.responseHeaders, key);
  if (name === "trailers") return mapProperty(http.responseTrailers, key);
  if (name === "size" && key === undefined) {
    return number(http.responseBody.length);
  }
  return undefined;
}

/** Layotto puts the query where a body would be; the size of the request is that of its real body. */
function bodySize(http: HttpContext): number {
  return http.request.bodyIsReal ? http.request.body.length : 0;
}

function mapProperty(
  map: HeaderMap,
  key: string | undefined,
): PropertyValue | undefined {
  return key === undefined
    ? encodePairs(map.pairs)
    : map.get(key.toLowerCase());
}

function text(value: string): string {
  const bytes = encodeText(value);
  return decodeByteString(bytes, 0, bytes.length);
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
