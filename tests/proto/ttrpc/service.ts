/**
 * A service for tests, and the parts that call it.
 *
 * @module
 */

import {
  ConnectRequest,
  ConnectResponse,
  StartRequest,
  StartResponse,
  UpdateTaskRequest,
} from "../../../proto/gen/containerd/task.ts";
import { Request } from "../../../proto/gen/ttrpc/ttrpc.ts";
import {
  encodeFrame,
  FrameType,
  HEADER_SIZE,
  MAX_PAYLOAD,
} from "../../../proto/ttrpc/frame.ts";
import {
  type CallContext,
  Code,
  Server,
  TtrpcError,
  unary,
} from "../../../proto/ttrpc/mod.ts";
import { Peer, socketPath } from "./peer.ts";

/** The service's name. */
export const SERVICE = "layotto.test.Echo";

/** A running server, and what its handlers saw. */
export interface Running extends AsyncDisposable {
  server: Server;
  path: string;
  /** Surroundings of the calls of `Wait`, in the order they came. */
  waits: { call: CallContext; answer: (version: string) => void }[];
  /** Handler errors that were reported. */
  errors: unknown[];
  /** How often `Fill` was called. */
  handled(): number;
  /** Resolves when `serve` does. */
  served: Promise<void>;
}

/**
 * Serves on a socket of its own. `Connect` answers with the id as version and
 * throws for some ids, `Wait` answers when the test says so, `Fill` answers
 * with as many bytes as the id says.
 */
export function run(): Running {
  const socket = socketPath();
  const waits: Running["waits"] = [];
  const errors: unknown[] = [];
  let handled = 0;
  const server = new Server({
    [SERVICE]: {
      Connect: unary(ConnectRequest, ConnectResponse, ({ id }) => {
        if (id === "lost") throw new TtrpcError(Code.NotFound, "task lost");
        if (id === "bug") throw new Error("a bug");
        if (id === "text") throw "only text";
        return { shimPid: 1, taskPid: 2, version: id };
      }),
      Wait: unary(ConnectRequest, ConnectResponse, async (_request, call) => {
        const { promise, resolve } = Promise.withResolvers<string>();
        waits.push({ call, answer: resolve });
        return { shimPid: 0, taskPid: 0, version: await promise };
      }),
      Fill: unary(ConnectRequest, ConnectResponse, ({ id }) => {
        handled++;
        return { shimPid: 0, taskPid: 0, version: "x".repeat(Number(id)) };
      }),
      Start: unary(StartRequest, StartResponse, (_request, { metadata }) => ({
        pid: Number(metadata.get("pid")),
      })),
      Size: unary(UpdateTaskRequest, StartResponse, ({ resources }) => ({
        pid: resources?.value.length ?? 0,
      })),
    },
  }, { onHandlerError: (error) => errors.push(error) });
  const listener = Deno.listen({ transport: "unix", path: socket.path });
  const served = server.serve(listener);
  return {
    server,
    path: socket.path,
    waits,
    errors,
    handled: () => handled,
    served,
    async [Symbol.asyncDispose]() {
      for (const { answer } of waits) answer("");
      await server.shutdown({ graceMs: 0 });
      await served;
      socket[Symbol.dispose]();
    },
  };
}

/** A `Connect` call, or another where `change` says so, as a frame. */
export function callFrame(
  streamId: number,
  change: Partial<Request> & { id?: string; flags?: number } = {},
): Uint8Array {
  const { id = "f1", flags = 0, ...fields } = change;
  const request = Request.encode({
    service: SERVICE,
    method: "Connect",
    payload: ConnectRequest.encode({ id }).finish(),
    timeoutNano: 0n,
    metadata: [],
    ...fields,
  }).finish();
  return encodeFrame(streamId, FrameType.Request, flags, request);
}

/** A frame whose header says one byte more than is allowed, all of it sent. */
export function oversizeFrame(streamId: number, type: number): Uint8Array {
  const frame = new Uint8Array(HEADER_SIZE + MAX_PAYLOAD + 1);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAX_PAYLOAD + 1);
  view.setUint32(4, streamId);
  frame[8] = type;
  return frame;
}

/** Asserts that a connection still answers, with a call on `streamId`. */
export async function answers(peer: Peer, streamId: number): Promise<void> {
  await peer.send(callFrame(streamId, { id: "still here" }));
  const { id, code, payload } = await peer.reply();
  const { version } = ConnectResponse.decode(payload);
  if (id !== streamId || code !== 0 || version !== "still here") {
    throw new Error(`found ${id}, ${code}, ${version} for stream ${streamId}`);
  }
}
