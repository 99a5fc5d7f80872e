/** Stream control and local responses (ABI.md §1.5). */
import type { HostCallTable } from "../../host_call.ts";
import { decodePairs } from "../pairs.ts";
import { MAX_PAIRS_BYTES } from "../limits.ts";
import { Status, StreamType } from "../types.ts";
import type { Vm } from "../vm.ts";

export const STREAMS: HostCallTable<Vm> = {
  proxy_continue_stream: continueStream,
  proxy_close_stream: closeStream,
  proxy_continue_request: continueRequest,
  proxy_continue_response: continueResponse,
  proxy_clear_route_cache: () => (): Status => Status.ok,
  proxy_send_local_response: sendLocalResponse,
};

/** `(stream type)`: takes effect after the callback; harmless for a stream that is not paused. 0; 2 type. */
function continueStream(vm: Vm) {
  return (type: number): Status => {
    const context = vm.current;
    switch (type) {
      case StreamType.httpRequest:
        context?.http?.control?.continueRequest();
        return Status.ok;
      case StreamType.httpResponse:
        context?.http?.control?.continueResponse();
        return Status.ok;
      case StreamType.downstream:
        context?.tcp?.control.continueDownstream();
        return Status.ok;
      case StreamType.upstream:
        context?.tcp?.control.continueUpstream();
        return Status.ok;
      default:
        return Status.badArgument;
    }
  };
}

/** `(stream type)`: ends the exchange, or that side of the connection, after the callback. 0; 2 type. */
function closeStream(vm: Vm) {
  return (type: number): Status => {
    const context = vm.current;
    switch (type) {
      case StreamType.httpRequest:
      case StreamType.httpResponse:
        context?.http?.control?.close();
        return Status.ok;
      case StreamType.downstream:
        context?.tcp?.control.close("downstream");
        return Status.ok;
      case StreamType.upstream:
        context?.tcp?.control.close("upstream");
        return Status.ok;
      default:
        return Status.badArgument;
    }
  };
}

/** 0.1.0 `()`: as `proxy_continue_stream` of the request. */
function continueRequest(vm: Vm) {
  return (): Status => {
    vm.http?.control?.continueRequest();
    return Status.ok;
  };
}

/** 0.1.0 `()`: as `proxy_continue_stream` of the response. */
function continueResponse(vm: Vm) {
  return (): Status => {
    vm.http?.control?.continueResponse();
    return Status.ok;
  };
}

/**
 * `(status, details, size, body, size, headers, size, gRPC status)`: answers the exchange after this callback. 0; 6;
 * over the body limit see `Vm.cannotChange`; outside an exchange see `Vm.refuse`.
 */
function sendLocalResponse(vm: Vm) {
  const memory = vm.memory;
  return (
    status: number,
    detailsAt: number,
    detailsSize: number,
    bodyAt: number,
    bodySize: number,
    headersAt: number,
    headersSize: number,
    grpcStatus: number,
  ): Status => {
    bodyAt >>>= 0;
    bodySize >>>= 0;
    headersAt >>>= 0;
    headersSize >>>= 0;
    const details = memory.text(detailsAt >>> 0, detailsSize >>> 0);
    if (
      details === undefined ||
      (bodySize !== 0 && !memory.holds(bodyAt, bodySize)) ||
      (headersSize !== 0 && !memory.holds(headersAt, headersSize))
    ) {
      return Status.invalidMemoryAccess;
    }
    const http = vm.http;
    if (http === undefined) {
      return vm.refuse(
        "proxy_send_local_response",
        Status.badArgument,
        `${vm.callback} has no HTTP exchange to answer`,
      );
    }
    if (bodySize > vm.maxBodyBytes) {
      return vm.cannotChange(
        "proxy_send_local_response",
        `the body of ${bodySize} bytes is over ${vm.maxBodyBytes} bytes`,
      );
    }
    const response = {
      status: status >>> 0,
      details,
      headers: headersSize > MAX_PAIRS_BYTES
        ? []
        : decodePairs(memory.copy(headersAt, headersSize)!),
      body: memory.copy(bodyAt, bodySize)!,
      grpcStatus: grpcStatus >= 0 && grpcStatus <= 16 ? grpcStatus : -1,
    };
    http.respond(response);
    return Status.ok;
  };
}
