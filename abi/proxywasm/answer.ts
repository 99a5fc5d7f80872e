/** From what a guest left in a response to what a server can send. */
import { type GuestHost, type GuestResponse, LogLevel } from "../host.ts";
import type { HttpContext, LocalResponse } from "./contexts.ts";
import { HeaderMap } from "./header_map.ts";
import type { Pair } from "./pairs.ts";

/** RFC 9110 `token`. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What no HTTP stack sends in a value. */
const BAD_VALUE = /[\0\r\n]/;

/** Who is told of what could not be sent. */
type Log = Pick<GuestHost, "log">;

/** The local response if there is one, else the response headers and buffer 1. */
export function layottoAnswer(log: Log, http: HttpContext): GuestResponse {
  const local = http.localResponse;
  const map = local === undefined ? http.responseHeaders : localHeaders(local);
  const body = local?.body ?? http.responseSide.body!.view();
  return { ...headOf(log, map), body };
}

/** A local response's fields as the response callbacks see them, `:status` first. */
export function localHeaders(local: LocalResponse): HeaderMap {
  const map = new HeaderMap();
  map.add(":status", String(local.status));
  for (const [name, value] of local.headers) {
    if (!name.startsWith(":")) map.add(name.toLowerCase(), value);
  }
  if (local.grpcStatus >= 0) map.add("grpc-status", String(local.grpcStatus));
  return map;
}

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
  const headers: Pair[] = [];
  for (const [name, value] of pairs) {
    if (name.startsWith(":")) continue;
    if (NAME.test(name) && !BAD_VALUE.test(value)) {
      headers.push([name.toLowerCase(), value]);
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
