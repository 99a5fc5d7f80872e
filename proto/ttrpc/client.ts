/**
 * A ttrpc client with calls of one request and one reply. It never sends Data:
 * that kills containerd 1.7 (SHIM.md §2).
 *
 * @module
 */

import { after } from "../after.ts";
import { Response, type Status } from "../gen/ttrpc/ttrpc.ts";
import { MAX_TIMER_MS } from "./call.ts";
import { Channel, type Duplex } from "./channel.ts";
import { type Frame, FrameType, MAX_PAYLOAD } from "./frame.ts";
import { type Codec, encodeRequest } from "./message.ts";
import { ClosedError, Code, messageOf, TtrpcError } from "./status.ts";

/** What a call is called. */
interface MethodName {
  /** Full name of the service. */
  service: string;
  method: string;
}

/** A call's name and how its two messages look. */
export interface MethodInfo<Q, R> extends MethodName {
  request: Codec<Q>;
  response: Codec<R>;
}

/** What a call may add. */
export interface CallOptions {
  /** Milliseconds to wait for the reply; the server is told. Default: none. */
  timeoutMs?: number;
  /** Gives up when aborted; the call rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Sent beside the request; keys in lower case. */
  metadata?: Record<string, string>;
}

/** Takes the frame that answers a call, or learns that none will come. */
interface Pending {
  onFrame(frame: Frame): void;
  onEnd(error: ClosedError): void;
}

/** Last id a stream may have. */
const MAX_STREAM_ID = 0xffff_ffff;

/** Owns one connection; calls run side by side. */
export class Client {
  readonly #channel: Channel;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #end: ClosedError | undefined;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;

  constructor(duplex: Duplex) {
    this.#channel = new Channel(duplex);
    this.closed = this.#run();
  }

  /** Connects to the unix socket at `path`; throws what `Deno.connect` does. */
  static async connect(path: string): Promise<Client> {
    return new Client(await Deno.connect({ transport: "unix", path }));
  }

  /**
   * Calls a method.
   *
   * @throws {TtrpcError} with the server's status; `DeadlineExceeded` when the
   * time is over; `ResourceExhausted` when the request or the reply is longer
   * than a frame may be; `Internal` when the reply is not what it should be.
   * @throws {ClosedError} when the connection ends before the reply.
   */
  async call<Q, R>(
    info: MethodInfo<Q, R>,
    request: Q,
    { timeoutMs, signal, metadata = {} }: CallOptions = {},
  ): Promise<R> {
    signal?.throwIfAborted();
    if (this.#end !== undefined) throw this.#end;
    const id = this.#nextId;
    if (id > MAX_STREAM_ID) {
      this.close();
      throw new ClosedError("every stream id of the connection is used up");
    }
    const frame = requestFrame(id, info, request, timeoutMs, metadata);
    this.#nextId += 2;
    const reply = this.#reply(id, nameOf(info), timeoutMs, signal);
    this.#channel.send(frame);
    return readReply(info, await reply);
  }

  /** Closes at once; calls that are not answered reject. */
  close(): void {
    this.#channel.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The frame that answers stream `id`; rejects when none comes. */
  #reply(
    id: number,
    name: string,
    timeoutMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const cancel = timeoutMs === undefined || timeoutMs > MAX_TIMER_MS
        ? undefined
        : after(timeoutMs, () => {
          const text = `${name}: no answer within ${timeoutMs} ms`;
          fail(new TtrpcError(Code.DeadlineExceeded, text));
        });
      const settle = () => {
        cancel?.();
        signal?.removeEventListener("abort", onAbort);
        this.#pending.delete(id);
      };
      const fail = (error: unknown) => {
        settle();
        reject(error);
      };
      const onAbort = () => fail(signal!.reason);
      this.#pending.set(id, {
        onFrame: (frame) => {
          settle();
          resolve(frame);
        },
        onEnd: fail,
      });
      signal?.addEventListener("abort", onAbort);
    });
  }

  async #run(): Promise<void> {
    let end = new ClosedError("the connection has ended");
    try {
      // A reply that nobody waits for is late or made up: both are ignored.
      await this.#channel.run((frame) => {
        this.#pending.get(frame.streamId)?.onFrame(frame);
      });
    } catch (error) {
      end = new ClosedError(`the connection broke: ${messageOf(error)}`, {
        cause: error,
      });
    }
    this.#end = end;
    for (const { onEnd } of [...this.#pending.values()]) onEnd(end);
  }
}

/** "service/method", as errors name a call. */
function nameOf({ service, method }: MethodName): string {
  return `${service}/${method}`;
}

/** A time limit as it is sent: 0 is none, so a limit is 1 at least. */
function toNanoseconds(timeoutMs: number | undefined): bigint {
  if (timeoutMs === undefined || timeoutMs > MAX_TIMER_MS) return 0n;
  return BigInt(Math.max(1, Math.round(timeoutMs * 1e6)));
}

/** The frame of a request; throws when it is too long for one. */
function requestFrame<Q>(
  id: number,
  { service, method, request: codec }: { request: Codec<Q> } & MethodName,
  request: Q,
  timeoutMs: number | undefined,
  metadata: Record<string, string>,
): Uint8Array {
  return encodeRequest(id, {
    service,
    method,
    payload: codec.encode(request).finish(),
    timeoutNano: toNanoseconds(timeoutMs),
    metadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
}

/** The message in a reply; throws its status or what is wrong with it. */
function readReply<R>(
  info: { response: Codec<R> } & MethodName,
  { type, payload, length }: Frame,
): R {
  if (payload === undefined) {
    throw new TtrpcError(
      Code.ResourceExhausted,
      `${nameOf(info)}: the reply has ${length} bytes, expected at most ` +
        MAX_PAYLOAD,
    );
  }
  if (type !== FrameType.Response) {
    throw new TtrpcError(
      Code.Internal,
      `${nameOf(info)}: found a frame of type ${type}, expected ` +
        `${FrameType.Response}, a reply`,
    );
  }
  let status: Status | undefined;
  try {
    const response = Response.decode(payload);
    status = response.status;
    if (status === undefined || status.code === Code.OK) {
      return info.response.decode(response.payload);
    }
  } catch (error) {
    throw new TtrpcError(
      Code.Internal,
      `${nameOf(info)}: the reply cannot be decoded: ${messageOf(error)}`,
      { cause: error },
    );
  }
  throw new TtrpcError(status.code, status.message);
}
