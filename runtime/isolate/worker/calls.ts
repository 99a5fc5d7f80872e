/** Calls of guests over the isolate's streams: HTTP calls here, gRPC beside. */
import type {
  GrpcCall,
  GrpcEvents,
  GrpcStream,
  GuestCalls,
  HttpCall,
  HttpCallResponse,
} from "../../../abi/host.ts";
import type { FunctionSpec } from "../messages.ts";
import { joined } from "../../../proto/joined.ts";
import { openGrpc } from "./grpc.ts";
import type { UpstreamStreams } from "./upstream.ts";

/** Bytes of answers that calls of one plugin may hold while the rest of them comes. */
const MAX_HELD = 64 * 1024 * 1024;

/** The calls of one plugin in one instance. */
export class OutsideCalls implements GuestCalls {
  readonly #fn: number;
  readonly #limit: number;
  readonly #names: ReadonlySet<string>;
  readonly #streams: UpstreamStreams;
  #held = 0;

  constructor(
    fn: number,
    { reach, bodyLimit }: Pick<FunctionSpec, "reach" | "bodyLimit">,
    streams: UpstreamStreams,
  ) {
    this.#fn = fn;
    this.#limit = bodyLimit;
    this.#names = new Set(reach.names);
    this.#streams = streams;
  }

  knows(upstream: string): boolean {
    return this.#names.has(upstream);
  }

  http(
    { upstream, headers, body, trailers, timeout }: HttpCall,
    heard: (response: HttpCallResponse | undefined) => void,
  ): { cancel(): void } {
    const parts: Uint8Array[] = [];
    let length = 0;
    let fields: [string, string][] = [];
    const over = () => {
      this.#held -= length;
      length = 0;
    };
    const answer = (trailers: [string, string][]) => {
      over();
      heard({ headers: fields, body: joined(parts), trailers });
    };
    const none = () => {
      over();
      heard(undefined);
    };
    const stream = this.#streams.http(this.#fn, upstream, timeout, {
      headers(pairs, end) {
        fields = pairs;
        if (end) answer([]);
      },
      data: (bytes, end) => {
        length += bytes.length;
        this.#held += bytes.length;
        if (length > this.#limit || this.#held > MAX_HELD) {
          stream.reset();
          return none();
        }
        parts.push(bytes);
        stream.consumed(bytes.length);
        if (end) answer([]);
      },
      trailers: answer,
      reset: none,
    });
    const end = body.length === 0 && trailers.length === 0;
    stream.sendHeaders(headers, end);
    if (body.length > 0) stream.sendData(body, trailers.length === 0);
    if (trailers.length > 0) stream.sendTrailers(trailers);
    return {
      cancel() {
        stream.reset();
        over();
      },
    };
  }

  grpc(call: GrpcCall, events: GrpcEvents): GrpcStream {
    return openGrpc(this.#streams, this.#fn, this.#limit, call, events);
  }
}
