/** gRPC calls and streams (ABI.md §1.6, §2.7, §4.7). */
import type { HostCallTable } from "../../host_call.ts";
import { CallKind } from "../calls.ts";
import type { RootContext } from "../contexts.ts";
import { clusterOfGrpcService } from "../grpc_service.ts";
import { MAX_NAME_BYTES } from "../limits.ts";
import type { Pair } from "../pairs.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";
import { hasRoom, log, pairsAt, upstreamName } from "./call_arguments.ts";

export const GRPC_CALLS: HostCallTable<Vm> = {
  proxy_grpc_call: grpcCall,
  proxy_grpc_stream: grpcStream,
  proxy_grpc_send: grpcSend,
  proxy_grpc_cancel: grpcCancel,
  proxy_grpc_close: grpcClose,
};

/** What both kinds are opened with. */
interface Opening {
  root: RootContext;
  upstream: string;
  service: string;
  method: string;
  metadata: Pair[];
}

/**
 * `(upstream, size, service, size, method, size, metadata, size, message, size, timeout ms, id*)`; AssemblyScript's SDK
 * declares it without the metadata, which shows in the number of arguments. 0; 4 unknown upstream; 6; 10 too many
 * calls, or a message over the limit.
 */
function grpcCall(vm: Vm) {
  const memory = vm.memory;
  return (
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
    g: number,
    ...more: number[]
  ): Status => {
    const rest = [g, ...more];
    const [metadataAt = 0, metadataSize = 0] = rest.length < 6
      ? []
      : rest.splice(0, 2);
    const [messageAt = 0, messageSize = 0, timeout = 0, idAt = 0] = rest;
    const size = messageSize >>> 0;
    if (
      (size !== 0 && !memory.holds(messageAt >>> 0, size)) ||
      !memory.holds(idAt >>> 0, 4)
    ) {
      return Status.invalidMemoryAccess;
    }
    const opening = open(
      vm,
      "proxy_grpc_call",
      [a, b, c, d, e, f, metadataAt, metadataSize],
      idAt >>> 0,
      size,
    );
    if (typeof opening === "number") return opening;
    const message = memory.copy(messageAt >>> 0, size)!;
    const { root, ...call } = opening;
    const id = vm.calls.nextId(CallKind.grpcCall);
    let answer: Uint8Array | undefined;
    const stream = vm.host.calls!.grpc(
      { ...call, timeout: Math.max(0, timeout) },
      {
        // Envoy tells of nothing but the message, or the failure.
        initial() {},
        message(bytes, done) {
          answer = bytes;
          done();
        },
        trailing() {},
        close(status, text) {
          if (status === 0 && answer !== undefined) {
            vm.calls.grpcMessage(id, answer, true, () => {});
          } else vm.calls.grpcClose(id, status || INTERNAL, text);
        },
      },
    );
    vm.calls.add(id, {
      root,
      bytes: size,
      cancel: () => stream.cancel(),
      stream,
    });
    stream.send(message, true);
    memory.setU32(idAt >>> 0, id);
    return Status.ok;
  };
}

/** A unary call that says all is well and has no message. */
const INTERNAL = 13;

/**
 * `(upstream, size, service, size, method, size, metadata, size, id*)`, for AssemblyScript's SDK without the metadata.
 * 0; 4 unknown upstream; 6; 10 too many calls.
 */
function grpcStream(vm: Vm) {
  const memory = vm.memory;
  return (
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
    g: number,
    ...more: number[]
  ): Status => {
    const rest = [g, ...more];
    const [metadataAt = 0, metadataSize = 0] = rest.length < 3
      ? []
      : rest.splice(0, 2);
    const idAt = (rest[0] ?? 0) >>> 0;
    if (!memory.holds(idAt, 4)) return Status.invalidMemoryAccess;
    const opening = open(
      vm,
      "proxy_grpc_stream",
      [a, b, c, d, e, f, metadataAt, metadataSize],
      idAt,
      0,
    );
    if (typeof opening === "number") return opening;
    const { root, ...call } = opening;
    const id = vm.calls.nextId(CallKind.grpcStream);
    const stream = vm.host.calls!.grpc({ ...call, timeout: 0 }, {
      initial: (metadata) => vm.calls.grpcInitial(id, metadata),
      message: (bytes, done) => vm.calls.grpcMessage(id, bytes, false, done),
      trailing: (metadata) => vm.calls.grpcTrailing(id, metadata),
      close: (status, text) => vm.calls.grpcClose(id, status, text),
    });
    vm.calls.add(id, {
      root,
      bytes: 0,
      cancel: () => stream.cancel(),
      stream,
    });
    memory.setU32(idAt, id);
    return Status.ok;
  };
}

/** `(id, message, size, end)`. 0; 1 unknown id; 2 the id is of no stream; 6; 10 a message over the limit. */
function grpcSend(vm: Vm) {
  const memory = vm.memory;
  return (id: number, at: number, size: number, end: number): Status => {
    at >>>= 0;
    size >>>= 0;
    id >>>= 0;
    if (size !== 0 && !memory.holds(at, size)) {
      return Status.invalidMemoryAccess;
    }
    if (kindOf(id) !== CallKind.grpcStream) return Status.badArgument;
    const stream = vm.calls.get(id)?.stream;
    if (stream === undefined) return Status.notFound;
    if (size > vm.maxBodyBytes) {
      log(vm, `proxy_grpc_send: a message of ${size} bytes is over the limit`);
      // Rust's SDK survives 0, 1 and 2 here.
      return Status.badArgument;
    }
    stream.send(memory.copy(at, size)!, end !== 0);
    return Status.ok;
  };
}

/** `(id)`: nothing more is heard of it. 0; 1 unknown id; 2 the id is of no gRPC call. */
function grpcCancel(vm: Vm) {
  return (id: number): Status => {
    const found = find(vm, id >>> 0);
    if (found === Status.ok) vm.calls.cancel(id >>> 0);
    return found;
  };
}

/** `(id)`: ends what this side sends; a unary call is cancelled, as in Envoy. 0; 1 unknown id; 2 of no gRPC call. */
function grpcClose(vm: Vm) {
  return (id: number): Status => {
    id >>>= 0;
    const found = find(vm, id);
    if (found !== Status.ok) return found;
    if (kindOf(id) === CallKind.grpcCall) vm.calls.cancel(id);
    else vm.calls.get(id)?.stream?.send(undefined, true);
    return found;
  };
}

/** Rust's SDK survives 0 and 1 from both calls: an id of another kind is one that is not known. */
function find(vm: Vm, id: number): Status {
  const kind = kindOf(id);
  if (kind !== CallKind.grpcCall && kind !== CallKind.grpcStream) {
    return vm.abiVersion === "0.1.0" ? Status.badArgument : Status.notFound;
  }
  return vm.calls.get(id) === undefined ? Status.notFound : Status.ok;
}

function kindOf(id: number): number {
  return id & 3;
}

/** What both kinds read and check, in Envoy's order; the id's place is known to be in memory. */
function open(
  vm: Vm,
  call: string,
  [
    upstreamAt = 0,
    upstreamSize = 0,
    serviceAt = 0,
    serviceSize = 0,
    methodAt = 0,
    methodSize = 0,
    metadataAt = 0,
    metadataSize = 0,
  ]: number[],
  idAt: number,
  bodySize: number,
): Opening | Status {
  const { memory } = vm;
  const upstream = upstreamName(vm, upstreamAt, upstreamSize);
  const service = nameAt(vm, serviceAt, serviceSize);
  const method = nameAt(vm, methodAt, methodSize);
  const metadata = pairsAt(vm, metadataAt, metadataSize);
  if (
    upstream === undefined || service === undefined || method === undefined ||
    metadata === undefined
  ) {
    return Status.invalidMemoryAccess;
  }
  memory.setU32(idAt, 0);
  const { calls } = vm.host;
  const cluster = calls?.knows(upstream)
    ? upstream
    : clusterOfGrpcService(memory.copy(upstreamAt >>> 0, upstreamSize >>> 0)!);
  if (cluster === undefined || !calls?.knows(cluster)) {
    log(
      vm,
      `${call} to ${service} names an upstream that is no cluster of the configuration and not among the setting calls`,
    );
    return Status.parseFailure;
  }
  const root = vm.current?.root;
  if (root === undefined || !hasRoom(vm, call, bodySize)) {
    return Status.internalFailure;
  }
  return { root, upstream: cluster, service, method, metadata };
}

function nameAt(vm: Vm, address: number, size: number): string | undefined {
  return size >>> 0 > MAX_NAME_BYTES
    ? undefined
    : vm.memory.byteString(address >>> 0, size >>> 0);
}
