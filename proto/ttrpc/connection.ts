/**
 * The server's side of one connection: frames in, calls dispatched, replies
 * out in whatever order they are ready. PROTOCOL.md lists each rule.
 *
 * @module
 */

import { Request } from "../gen/ttrpc/ttrpc.ts";
import { Call, type CallContext } from "./call.ts";
import { Channel, type Duplex } from "./channel.ts";
import { type Frame, FrameType, MAX_PAYLOAD } from "./frame.ts";
import { encodeFailure, encodeReply } from "./message.ts";
import type { Method } from "./method.ts";
import { Code, messageOf, toTtrpcError, TtrpcError } from "./status.ts";
import { whyNotClientId, whyNotNewId } from "./stream.ts";

/** Calls that one connection may have running at once. */
const MAX_CALLS = 4096;

/** What a connection needs of its server. */
export interface Dispatcher {
  /**
   * The method of that name.
   *
   * @throws {TtrpcError} `Unimplemented` when there is none.
   */
  method(service: string, method: string): Method;
  /** Told of each error of a handler that is not a {@linkcode TtrpcError}. */
  report(error: unknown, call: CallContext): void;
}

/** One accepted connection. */
export class ServerConnection {
  readonly #channel: Channel;
  readonly #dispatcher: Dispatcher;
  readonly #calls = new Map<number, Call>();
  #lastId = 0;
  #draining = false;

  constructor(duplex: Duplex, dispatcher: Dispatcher) {
    this.#channel = new Channel(duplex);
    this.#dispatcher = dispatcher;
  }

  /** Calls that are not answered yet. */
  get calls(): number {
    return this.#calls.size;
  }

  /**
   * Serves until the peer goes or the connection is closed; then the signals
   * of the calls that still run are aborted and their replies dropped.
   *
   * @throws what the connection throws.
   */
  async run(): Promise<void> {
    try {
      await this.#channel.run((frame) => this.#onFrame(frame));
    } finally {
      const reason = new TtrpcError(Code.Canceled, "the connection has ended");
      for (const call of this.#calls.values()) {
        call.stopTimer();
        call.abort(reason);
      }
      this.#calls.clear();
    }
  }

  /**
   * Answers new calls with `Unavailable` and closes once none is running and
   * all replies are written.
   */
  drain(): void {
    this.#draining = true;
    void this.#closeWhenIdle();
  }

  /** Closes at once; replies that are not written are dropped. */
  close(): void {
    this.#channel.close();
  }

  async #closeWhenIdle(): Promise<void> {
    await this.#channel.flushed();
    if (this.#draining && this.#calls.size === 0) this.#channel.close();
  }

  #fail(streamId: number, code: number, message: string): void {
    this.#channel.send(encodeFailure(streamId, new TtrpcError(code, message)));
  }

  #onFrame({ streamId, type, payload, length }: Frame): void {
    if (payload === undefined) {
      return this.#fail(
        streamId,
        Code.ResourceExhausted,
        `message length ${length} exceeds the maximum of ${MAX_PAYLOAD} bytes`,
      );
    }
    const wrongId = whyNotClientId(streamId);
    if (wrongId !== undefined) {
      return this.#fail(streamId, Code.InvalidArgument, wrongId);
    }
    if (type === FrameType.Request) return this.#onRequest(streamId, payload);
    // A call that still runs is left alone: failing it would hide its answer.
    if (type === FrameType.Data && !this.#calls.has(streamId)) {
      this.#fail(
        streamId,
        Code.InvalidArgument,
        `stream id ${streamId} is not open: no method here takes data`,
      );
    }
  }

  #onRequest(id: number, payload: Uint8Array): void {
    const wrongId = whyNotNewId(id, this.#lastId);
    if (wrongId !== undefined) {
      return this.#fail(id, Code.InvalidArgument, wrongId);
    }
    this.#lastId = id;
    let request: Request;
    try {
      request = Request.decode(payload);
    } catch (error) {
      return this.#fail(
        id,
        Code.InvalidArgument,
        `unmarshal request error: ${messageOf(error)}`,
      );
    }
    this.#start(id, request);
  }

  #start(id: number, request: Request): void {
    const { service, method, timeoutNano, metadata } = request;
    const call = new Call(service, method, timeoutNano, metadata);
    this.#calls.set(id, call);
    try {
      const found = this.#dispatcher.method(service, method);
      this.#admit(call);
      const reply = found(request.payload, call);
      if (!(reply instanceof Promise)) return this.#succeed(id, call, reply);
      call.startTimer((error) => {
        this.#settle(id, call, encodeFailure(id, error));
        call.abort(error);
      });
      reply.then(
        (message) => this.#succeed(id, call, message),
        (error) => this.#failCall(id, call, error),
      );
    } catch (error) {
      this.#failCall(id, call, error);
    }
  }

  /** Throws when the call may not run at all. */
  #admit(call: Call): void {
    if (this.#draining) {
      throw new TtrpcError(Code.Unavailable, "the server is closing");
    }
    if (this.#calls.size > MAX_CALLS) {
      throw new TtrpcError(
        Code.ResourceExhausted,
        `${MAX_CALLS} calls of this connection are running already`,
      );
    }
    if (call.expired) throw call.timeoutError();
  }

  #succeed(id: number, call: Call, message: Uint8Array): void {
    const frame = encodeReply(id, message);
    if (frame !== undefined) return this.#settle(id, call, frame);
    // A longer one would kill containerd 1.6 (SHIM.md §2).
    const error = new TtrpcError(
      Code.ResourceExhausted,
      `${call.service}/${call.method}: the reply has ${message.length} bytes, ` +
        `more than fit into a frame of ${MAX_PAYLOAD}`,
    );
    this.#settle(id, call, encodeFailure(id, error));
  }

  #failCall(id: number, call: Call, error: unknown): void {
    if (!(error instanceof TtrpcError)) this.#dispatcher.report(error, call);
    this.#settle(id, call, encodeFailure(id, toTtrpcError(error)));
  }

  /** Sends a call's one reply, unless it has had one or its caller is gone. */
  #settle(id: number, call: Call, frame: Uint8Array): void {
    call.stopTimer();
    if (this.#calls.get(id) !== call) return;
    this.#calls.delete(id);
    this.#channel.send(frame);
    if (this.#draining) void this.#closeWhenIdle();
  }
}
