/** gRPC over an HTTP/2 stream (the gRPC protocol over HTTP/2): messages in frames of five bytes, a status at the end. */
import type { Pair } from "../../http/fields.ts";
import { STREAM_WINDOW } from "../upstream_messages.ts";
import { decodeByteString } from "../../../abi/text.ts";
import type { GrpcCall, GrpcEvents, GrpcStream } from "../../../abi/host.ts";
import { frameOf, FrameReader, FrameTooLarge } from "./grpc_frames.ts";
import type {
  UpstreamEvents,
  UpstreamExchange,
  UpstreamStreams,
} from "./upstream.ts";

/** Bytes of messages that may wait for a guest before no more is read. */
const MAX_WAITING = STREAM_WINDOW / 2;

/** Statuses that this end makes itself. */
const Status = {
  unknown: 2,
  exhausted: 8,
  internal: 13,
  unavailable: 14,
} as const;

/** Opens a stream. @param limit bytes of one received message, and of what waits to be sent. */
export function openGrpc(
  streams: UpstreamStreams,
  fn: number,
  limit: number,
  call: GrpcCall,
  events: GrpcEvents,
): GrpcStream {
  const receiver = new Receiver(limit, events);
  const exchange = streams.http(fn, call.upstream, call.timeout, receiver);
  receiver.exchange = exchange;
  exchange.sendHeaders(requestFields(call), false);
  return {
    send(bytes, end) {
      // A guest cannot be told to wait: what nobody takes is at last too much.
      const waiting = exchange.unsent + (bytes?.length ?? 0);
      if (exchange.unsent > 0 && waiting > limit) {
        return receiver.fail(
          Status.exhausted,
          `${waiting} bytes wait to be sent, over the limit of ${limit}`,
        );
      }
      exchange.sendData(bytes ? frameOf(bytes) : new Uint8Array(0), end);
    },
    cancel() {
      receiver.closed = true;
      exchange.reset();
    },
  };
}

/** The request's fields in Envoy's order: the upstream's name is the authority. */
function requestFields(
  { upstream, service, method, metadata, timeout }: GrpcCall,
): Pair[] {
  const fields: Pair[] = [
    [":method", "POST"],
    [":path", `/${service}/${method}`],
    [":authority", upstream.replace(/^https?:\/\//, "")],
    [":scheme", "http"],
    ["te", "trailers"],
    ["content-type", "application/grpc"],
  ];
  if (timeout > 0) fields.push(["grpc-timeout", timeoutOf(timeout)]);
  for (const [name, value] of metadata) {
    if (!name.startsWith(":")) fields.push([name, value]);
  }
  return fields;
}

/** Milliseconds as `grpc-timeout` has them: at most eight digits, then the unit. */
function timeoutOf(milliseconds: number): string {
  return milliseconds < 1e8
    ? `${milliseconds}m`
    : `${Math.ceil(milliseconds / 1000)}S`;
}

/** From the events of the exchange to those of gRPC, in the order and with the statuses that Envoy 1.40 gives. */
class Receiver implements UpstreamEvents {
  exchange: UpstreamExchange | undefined;
  closed = false;
  readonly #frames: FrameReader;
  readonly #events: GrpcEvents;
  /** Bytes of messages that the guest has not had yet. */
  #waiting = 0;
  /** Bytes received that are not yet said to be used. */
  #unused = 0;
  /** The text of an answer of ours, while it comes. */
  #localText: string | undefined;

  constructor(limit: number, events: GrpcEvents) {
    this.#frames = new FrameReader(limit);
    this.#events = events;
  }

  headers(pairs: Pair[], end: boolean, local: boolean): void {
    if (local) {
      this.#localText = "";
      return;
    }
    const status = pairs[0]?.[1] ?? "";
    const found = statusOf(pairs);
    if (end && (status === "200" || found !== undefined)) {
      // Fields alone are trailing metadata.
      this.#events.initial([]);
      return this.trailers(pairs);
    }
    this.#events.initial(status === "200" ? pairs : []);
    if (status === "200") return;
    this.fail(found ?? statusOfHttp(status), messageOf(pairs));
  }

  data(bytes: Uint8Array, end: boolean): void {
    if (this.closed) return;
    this.#unused += bytes.length;
    if (this.#localText !== undefined) {
      this.#localText += decodeByteString(bytes, 0, bytes.length);
      if (end) this.#local(this.#localText);
      return;
    }
    let messages: Uint8Array[];
    try {
      messages = this.#frames.push(bytes);
    } catch (error) {
      const status = error instanceof FrameTooLarge
        ? Status.exhausted
        : Status.internal;
      return this.fail(status, (error as Error).message);
    }
    for (const message of messages) {
      if (this.closed) return;
      this.#waiting += message.length;
      this.#events.message(message, () => {
        this.#waiting -= message.length;
        this.#use();
      });
    }
    this.#use();
    // Trailers were due, which have the status.
    if (end) this.fail(Status.unknown, "");
  }

  trailers(pairs: Pair[]): void {
    if (this.closed) return;
    this.closed = true;
    this.#events.trailing(pairs);
    this.#events.close(statusOf(pairs) ?? Status.unknown, messageOf(pairs));
  }

  reset(reason: string): void {
    this.fail(Status.internal, reason);
  }

  /** Messages that wait for the guest hold back those after them. */
  #use(): void {
    if (this.#waiting > MAX_WAITING || this.#unused === 0) return;
    this.exchange?.consumed(this.#unused);
    this.#unused = 0;
  }

  /** What we say in a service's place, as Envoy's own answers to gRPC are: fields alone. */
  #local(text: string): void {
    this.#events.initial([]);
    this.trailers([
      [":status", "200"],
      ["content-type", "application/grpc"],
      ["grpc-status", String(Status.unavailable)],
      ["grpc-message", text],
    ]);
  }

  /** Ends the stream from this side. */
  fail(status: number, message: string): void {
    if (this.closed) return;
    this.closed = true;
    this.exchange?.reset();
    this.#events.trailing([]);
    this.#events.close(status, message);
  }
}

function valueOf(pairs: readonly Pair[], wanted: string): string | undefined {
  return pairs.find(([name]) => name === wanted)?.[1];
}

/** `grpc-status`; undefined where there is none that could be one. */
function statusOf(pairs: readonly Pair[]): number | undefined {
  const value = valueOf(pairs, "grpc-status");
  if (value === undefined || !/^[0-9]{1,2}$/.test(value)) return undefined;
  return Number(value) <= 16 ? Number(value) : Status.unknown;
}

/** `grpc-message` as it was sent, percent-encoded where its bytes are not ASCII: Envoy does not decode it either. */
function messageOf(pairs: readonly Pair[]): string {
  return valueOf(pairs, "grpc-message") ?? "";
}

/** The status that a response without one stands for (gRPC's table of HTTP statuses). */
function statusOfHttp(status: string): number {
  switch (status) {
    case "400":
      return Status.internal;
    case "401":
      return 16;
    case "403":
      return 7;
    case "404":
      return 12;
    case "429":
    case "502":
    case "503":
    case "504":
      return Status.unavailable;
    default:
      return Status.unknown;
  }
}
