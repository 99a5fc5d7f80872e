/**
 * HTTP calls and what gRPC calls have in common with them (ABI.md §1.6). A call is made by the host; its answer is a
 * callback on the caller's root context.
 */
import type { HostCallTable } from "../../host_call.ts";
import { asByteString } from "../../text.ts";
import { CallKind } from "../calls.ts";
import type { Pair } from "../pairs.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";
import { hasRoom, log, pairsAt, upstreamName } from "./call_arguments.ts";
import { GRPC_CALLS } from "./grpc_calls.ts";

export const CALLS: HostCallTable<Vm> = {
  proxy_http_call: httpCall,
  proxy_get_status: getStatus,
  ...GRPC_CALLS,
};

/**
 * `(upstream, size, headers, size, body, size, trailers, size, timeout ms, id*)`. 0; 2 unknown upstream, no `:method`,
 * `:path` or `:authority`, negative timeout; 6; 10 too many calls, or a body over the limit.
 */
function httpCall(vm: Vm) {
  const memory = vm.memory;
  return (
    upstreamAt: number,
    upstreamSize: number,
    headersAt: number,
    headersSize: number,
    bodyAt: number,
    bodySize: number,
    trailersAt: number,
    trailersSize: number,
    timeout: number,
    idAt: number,
  ): Status => {
    const upstream = upstreamName(vm, upstreamAt, upstreamSize);
    const headers = pairsAt(vm, headersAt, headersSize);
    const trailers = pairsAt(vm, trailersAt, trailersSize);
    bodyAt >>>= 0;
    bodySize >>>= 0;
    idAt >>>= 0;
    if (
      upstream === undefined || headers === undefined ||
      trailers === undefined ||
      (bodySize !== 0 && !memory.holds(bodyAt, bodySize)) ||
      !memory.holds(idAt, 4)
    ) {
      return Status.invalidMemoryAccess;
    }
    memory.setU32(idAt, 0);
    const { calls } = vm.host;
    const root = vm.current?.root;
    if (timeout < 0 || !calls?.knows(upstream)) {
      return refuse(vm, "proxy_http_call", upstream, timeout);
    }
    for (const name of [":method", ":path", ":authority"]) {
      if (headers.some((pair) => pair[0] === name)) continue;
      log(vm, `proxy_http_call to ${upstream} has no ${name}`);
      return Status.badArgument;
    }
    if (root === undefined || !hasRoom(vm, "proxy_http_call", bodySize)) {
      return Status.internalFailure;
    }
    const body = memory.copy(bodyAt, bodySize)!;
    const id = vm.calls.nextId(CallKind.http);
    const { cancel } = calls.http({
      upstream,
      headers: bodySize > 0 ? withLength(headers, bodySize) : headers,
      body,
      trailers,
      timeout,
    }, (response) => vm.calls.httpResponse(id, response));
    vm.calls.add(id, { root, bytes: bodySize, cancel });
    memory.setU32(idAt, id);
    return Status.ok;
  };
}

/** `(code*, message**, size*)`: of the call whose callback runs, else 0 and "". 0; 6. */
function getStatus(vm: Vm) {
  const memory = vm.memory;
  return (codeAt: number, addressAt: number, sizeAt: number): Status => {
    codeAt >>>= 0;
    if (!memory.holds(codeAt, 4)) return Status.invalidMemoryAccess;
    const { status, text } = vm.calls.received;
    const given = memory.giveByteString(
      asByteString(text),
      addressAt >>> 0,
      sizeAt >>> 0,
    );
    if (given === Status.ok) memory.setU32(codeAt, status);
    return given;
  };
}

/** Envoy's length is that of the body, whatever the guest said. */
function withLength(headers: readonly Pair[], size: number): Pair[] {
  const others = headers.filter(([name]) => name !== "content-length");
  return [...others, ["content-length", String(size)]];
}

function refuse(
  vm: Vm,
  call: string,
  upstream: string,
  timeout: number,
): Status {
  log(
    vm,
    timeout < 0
      ? `${call} to ${upstream} has the timeout ${timeout}, expected 0 or more`
      : `${call} names the upstream ${
        JSON.stringify(upstream.slice(0, 256))
      }, which is no cluster of the configuration and not among the setting calls`,
  );
  return Status.badArgument;
}
