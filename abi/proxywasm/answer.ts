/** From what the guest left in a context to an HTTP answer that a server can send. */
import { type GuestResponse, LogLevel } from "../host.ts";
import type { HttpContext } from "./contexts.ts";
import type { Pair } from "./pairs.ts";
import type { Vm } from "./vm.ts";

/** RFC 9110 `token`. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What no HTTP stack sends in a value. */
const BAD_VALUE = /[\0\r\n]/;

/** The local response if there is one, else the response headers and buffer 1. */
export function answerOf(vm: Vm, http: HttpContext): GuestResponse {
  const local = http.localResponse;
  if (local === undefined) {
    const pairs = http.responseHeaders.pairs;
    const status = http.responseHeaders.get(":status");
    return {
      status: status === undefined ? 200 : statusOf(vm, Number(status)),
      headers: sendable(vm, pairs),
      body: http.responseBody.view(),
    };
  }
  const headers = sendable(vm, local.headers);
  if (local.grpcStatus >= 0) {
    headers.push(["grpc-status", String(local.grpcStatus)]);
  }
  return { status: statusOf(vm, local.status), headers, body: local.body };
}

/** A final status, or 500 for what is none. */
function statusOf(vm: Vm, status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  vm.host.log(
    LogLevel.warn,
    `the guest answered with status ${status}, expected 200 to 599; 500 is sent`,
  );
  return 500;
}

/** The fields without pseudo fields and without what HTTP cannot carry, which is logged. */
function sendable(vm: Vm, pairs: readonly Pair[]): Pair[] {
  const headers: Pair[] = [];
  for (const [name, value] of pairs) {
    if (name.startsWith(":")) continue;
    if (NAME.test(name) && !BAD_VALUE.test(value)) {
      headers.push([name.toLowerCase(), value]);
      continue;
    }
    vm.host.log(
      LogLevel.warn,
      `the guest's response field ${
        JSON.stringify(name.slice(0, 100))
      } was dropped: its name or value is not valid in HTTP`,
    );
  }
  return headers;
}
