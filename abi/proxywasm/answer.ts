/** From what a guest left in a response to what a server can send. */
import { isFieldValue, isToken, lowerName } from "../field.ts";
import { type GuestHost, type GuestResponse, LogLevel } from "../host.ts";
import type { HttpContext, LocalResponse } from "./contexts.ts";
import { HeaderMap } from "./header_map.ts";
import type { Pair } from "./pairs.ts";

/** Who is told of what could not be sent. */
type Log = Pick<GuestHost, "log">;

/** The local response if there is one, else the response headers and buffer 1. */
export function layottoAnswer(log: Log, http: HttpContext): GuestResponse {
  const local = http.localResponse;
  if (local === undefined) {
    const body = http.responseSide.body!.view();
    return { ...headOf(log, http.responseHeaders), body };
  }
  const { headers, body } = localReply(local, isGrpc(http.requestHeaders));
  return { ...headOf(log, headers), body };
}

/**
 * A local response as the response callbacks see it: `:status`, the guest's fields, then length and type as Envoy adds
 * them. To a request of gRPC's it is a response of its kind: 200, without a body, with the status in a field.
 */
export function localReply(
  local: LocalResponse,
  toGrpc: boolean,
): { headers: HeaderMap; body: Uint8Array } {
  const pairs: Pair[] = [[":status", toGrpc ? "200" : String(local.status)]];
  let typed = false;
  for (const [name, value] of local.headers) {
    const lower = lowerName(name);
    if (lower[0] === ":" || REPLACED.has(lower)) continue;
    typed ||= lower === "content-type";
    pairs.push([lower, value]);
  }
  const headers = HeaderMap.of(pairs);
  const add = (name: string, value: string) => pairs.push([name, value]);
  if (!toGrpc) {
    add("content-length", String(local.body.length));
    if (local.body.length > 0 && !typed) add("content-type", "text/plain");
    return { headers, body: local.body };
  }
  const status = local.grpcStatus >= 0
    ? local.grpcStatus
    : grpcStatusOf(local.status);
  headers.replace("content-type", "application/grpc");
  headers.add("grpc-status", String(status));
  if (local.body.length > 0) {
    headers.add("grpc-message", percentEncoded(local.body));
  }
  return { headers, body: NOTHING };
}

/** Whether a request is one of gRPC's, which is answered in its own way. */
export function isGrpc(headers: HeaderMap): boolean {
  const type = headers.get("content-type");
  return type !== undefined && /^application\/grpc($|\+)/.test(type);
}

/** Bytes as gRPC writes them into its message: printable ASCII as it is, but for `%`. */
function percentEncoded(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

const NOTHING = new Uint8Array(0);

/** What a guest says of these does not count. */
const REPLACED = new Set(["content-length", "connection", "transfer-encoding"]);

/** gRPC's status for an HTTP one, by gRPC's own table. */
function grpcStatusOf(status: number): number {
  return GRPC_STATUS[status] ?? 2;
}

const GRPC_STATUS: Record<number, number> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** Status (200 where none is said) and fields that HTTP can carry; what it cannot is dropped and logged. */
export function headOf(
  log: Log,
  map: HeaderMap,
): { status: number; headers: Pair[] } {
  const status = map.get(":status");
  return {
    status: status === undefined ? 200 : finalStatus(log, Number(status)),
    headers: sendable(log, map.pairs),
  };
}

/** A final status, or 500 for what is none. */
function finalStatus(log: Log, status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  log.log(
    LogLevel.warn,
    `the guest answered with status ${status}, expected 200 to 599; 500 is sent`,
  );
  return 500;
}

/** The fields without pseudo fields and without what HTTP cannot carry, which is logged. */
export function sendable(log: Log, pairs: readonly Pair[]): Pair[] {
  let pseudo = 0;
  while (pseudo < pairs.length && pairs[pseudo]![0][0] === ":") pseudo++;
  const rest = pairs.slice(pseudo);
  return rest.every(isSendable) ? rest : kept(log, rest);
}

function isSendable([name, value]: Pair): boolean {
  return isToken(name) && isFieldValue(value) && lowerName(name) === name;
}

function kept(log: Log, pairs: readonly Pair[]): Pair[] {
  const headers: Pair[] = [];
  for (const pair of pairs) {
    const [name, value] = pair;
    if (name[0] === ":") continue;
    if (isToken(name) && isFieldValue(value)) {
      const lower = lowerName(name);
      headers.push(lower === name ? pair : [lower, value]);
      continue;
    }
    log.log(
      LogLevel.warn,
      `the guest's field ${
        JSON.stringify(name.slice(0, 100))
      } was dropped: its name or value is not valid in HTTP`,
    );
  }
  return headers;
}
