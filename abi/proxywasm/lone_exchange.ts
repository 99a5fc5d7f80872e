/** An exchange that one plugin answers by itself, with the request whole: no chain, no upstream, no client to wait for. */
import type { GuestRequest, GuestResponse, GuestTrap } from "../host.ts";
import { headOf, isGrpc, localReply } from "./answer.ts";
import { ByteBuffer } from "./buffer.ts";
import type { LocalResponse } from "./contexts.ts";
import { envoyFields } from "./contexts.ts";
import type { HeaderMap } from "./header_map.ts";
import type { HttpStream, HttpStreamOwner } from "./http_stream.ts";
import type { StreamSink } from "./stream_sink.ts";
import type { Vm } from "./vm.ts";

const NOTHING = new Uint8Array(0);

export class LoneExchange implements HttpStreamOwner {
  readonly onward: StreamSink;
  readonly back: StreamSink;
  readonly #vm: Vm;
  readonly #done: (outcome: GuestResponse | Error) => void;
  #stream!: HttpStream;
  #head: HeaderMap | undefined;
  readonly #body = new ByteBuffer();
  #toGrpc = false;
  #responding = false;
  #over = false;

  /** `done` is called once, perhaps before `start` returns. */
  constructor(vm: Vm, done: (outcome: GuestResponse | Error) => void) {
    this.#vm = vm;
    this.#done = done;
    const requested = (end: boolean) => {
      if (end) this.#answer();
    };
    this.onward = {
      headers: (_map, end) => requested(end),
      data: (_bytes, end) => requested(end),
      trailers: () => requested(true),
    };
    this.back = {
      headers: (map, end) => {
        this.#head = map;
        if (end) this.#finish();
      },
      data: (bytes, end) => {
        this.#body.splice(this.#body.length, 0, bytes);
        if (end) this.#finish();
      },
      trailers: () => this.#finish(),
    };
  }

  start(stream: HttpStream, request: GuestRequest): void {
    this.#stream = stream;
    const fields = envoyFields(request);
    this.#toGrpc = isGrpc(fields);
    stream.create();
    const body = request.bodyIsReal ? request.body : NOTHING;
    stream.request.headers(fields, body.length === 0);
    if (body.length > 0) stream.request.data(body, true);
  }

  respond(response: LocalResponse): void {
    if (this.#over) return;
    const { headers, body } = localReply(response, this.#toGrpc);
    if (this.#responding) {
      this.#head = headers;
      this.#body.replace(body);
      return this.#finish();
    }
    this.#responding = true;
    this.#stream.response.headers(headers, body.length === 0);
    if (body.length > 0) this.#stream.response.data(body, true);
  }

  /** What has been made of an answer is the answer; one that is on its way through the plugin is given up for a 502. */
  close(): void {
    if (this.#responding) this.#fail(502);
    else this.#answer();
  }

  overflow(side: "request" | "response"): void {
    this.#fail(side === "request" ? 413 : 500);
  }

  pressure(): void {}

  failed(error: GuestTrap): "stop" {
    this.#end(error);
    return "stop";
  }

  #fail(status: number): void {
    this.respond({
      status,
      details: "",
      headers: [],
      body: NOTHING,
      grpcStatus: -1,
    });
  }

  #answer(): void {
    if (this.#responding || this.#over) return;
    this.#responding = true;
    this.#stream.answer();
  }

  #finish(): void {
    if (this.#over) return;
    const answer = {
      ...headOf(this.#vm.host, this.#head!),
      body: this.#body.view(),
    };
    this.#stream.log();
    this.#stream.end();
    this.#end(answer);
  }

  #end(outcome: GuestResponse | Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#done(outcome);
  }
}
