/**
 * One HTTP exchange through a chain of functions: the request goes through them in order to what answers it, the
 * response back in reverse (ABI.md §2.4). Each function pauses and goes on by itself.
 */
import {
  envoyFields,
  type GuestTrap,
  HeaderMap,
  isGrpc,
  localReply,
  type LocalResponse,
  type RootContext,
  type StreamSink,
} from "../../../../abi/mod.ts";
import { appended } from "../../../../proto/appended.ts";
import type { Pair } from "../../../http/fields.ts";
import {
  errorAnswer,
  failureAnswer,
  understood,
} from "../../../ingress/answers.ts";
import { unpackEnds } from "../../upstream_messages.ts";
import type { WireResponse } from "../../messages.ts";
import type { Arrival } from "../arrival.ts";
import type { LocalFunction } from "../function.ts";
import type { Slot } from "../pool.ts";
import type { HttpClient } from "./client.ts";
import { Member } from "./member.ts";
import { OwnAnswer, type Terminal, type TerminalEvents } from "./terminal.ts";

/** One function of a chain, with the instance it uses for this exchange. */
export interface Link {
  fn: LocalFunction;
  slot: Slot;
  /** The function's own in that instance. */
  root: RootContext | undefined;
}

/** Makes what answers at the end of a chain. */
export type MakeTerminal = (events: TerminalEvents) => Terminal;

/** Who has an exchange made. */
export interface ExchangeOwner {
  /** The source of the request is to wait, or may go on. */
  hold(on: boolean): void;
  /** The exchange is over; called once. */
  over(): void;
}

const NO_MEMBERS: Member[] = [];

export class HttpExchange implements TerminalEvents {
  readonly #links: readonly Link[];
  readonly #arrival: Arrival;
  readonly #client: HttpClient;
  readonly #owner: ExchangeOwner;
  readonly #terminal: Terminal;
  /** The last function makes the answer. */
  readonly #answersItself: boolean;
  /** Where the request enters, once it began. */
  #first: StreamSink | undefined;
  /** Those that have seen the request; the rest of the chain is created as it goes on. */
  #members: Member[] = NO_MEMBERS;
  /** Who holds each side back; undefined where nobody ever did. */
  #requestHeld: Set<string> | undefined;
  #responseHeld: Set<string> | undefined;
  #toGrpc = false;
  #responding = false;
  #over = false;

  constructor(
    links: readonly Link[],
    arrival: Arrival,
    client: HttpClient,
    owner: ExchangeOwner,
    terminal: MakeTerminal | undefined,
  ) {
    this.#links = links;
    this.#arrival = arrival;
    this.#client = client;
    this.#owner = owner;
    this.#answersItself = terminal === undefined;
    // Those that this has not reached yet do not end before.
    for (const { root } of links) if (root) root.expected++;
    this.#terminal = terminal?.(this) ??
      new OwnAnswer(() => this.#ownAnswer());
  }

  /** The request's fields. `end`: there is no body. */
  start(end: boolean): void {
    // The client may have left while an instance was waited for.
    if (this.#over) return;
    const fields = envoyFields(this.#arrival);
    this.#toGrpc = isGrpc(fields);
    this.#first = this.#links.length === 0 ? this.#terminal : this.#enter(0);
    this.#first.headers(fields, end);
  }

  /** More of the request's body. */
  data(bytes: Uint8Array, end: boolean): void {
    if (!this.#over) this.#first?.data(bytes, end);
  }

  /** The request's trailers, after which nothing more comes of it. */
  trailers(fields: Pair[]): void {
    if (!this.#over) this.#first?.trailers(new HeaderMap(fields));
  }

  /** A function answers the exchange itself. */
  respond(response: LocalResponse): void {
    if (this.#over) return;
    this.#terminal.reset();
    this.#stopRequest();
    const { headers, body } = localReply(response, this.#toGrpc);
    let back = this.#lastResponse;
    if (this.#responding) {
      // Functions have seen another response: they do not see this one, and where the client has, that one is broken off.
      for (const { stream } of this.#members) stream.stopResponse();
      if (this.#client.started) {
        return this.#breakOff("the response was replaced");
      }
      back = this.#client;
    }
    this.#responding = true;
    const end = body.length === 0 || this.#arrival.method === "HEAD";
    back.headers(headers, end);
    if (!end) back.data(body, true);
  }

  /**
   * `proxy_close_stream`: cuts the client's connection, as in Envoy; but where the last function answers, and has not
   * yet, what it has made of its answer is all there is.
   */
  closed(): void {
    if (this.#over) return;
    if (this.#answersItself && !this.#responding) {
      return this.#ownAnswer();
    }
    this.#breakOff("a function closed the stream");
  }

  /** A function wants to see more at once than may be held. */
  overflow(side: "request" | "response", index: number): void {
    const { fn } = this.#links[index]!;
    const status = side === "request" ? 413 : 500;
    this.#fail(
      status,
      `the ${side} body is over the limit of ${fn.spec.bodyLimit} bytes`,
      fn,
    );
  }

  pressure(side: "request" | "response", who: string, on: boolean): void {
    const holders = side === "request"
      ? this.#requestHeld ??= new Set()
      : this.#responseHeld ??= new Set();
    const before = holders.size > 0;
    if (on) holders.add(who);
    else holders.delete(who);
    const now = holders.size > 0;
    if (before === now || this.#over) return;
    if (side === "request") this.#owner.hold(now);
    else this.#terminal.pressure(now);
  }

  /** The instance under a function failed. */
  failed(index: number, error: GuestTrap): "bypass" | "stop" {
    if (this.#over) return "stop";
    const { fn } = this.#links[index]!;
    // What answers by itself cannot be left out.
    if (fn.spec.failOpen && !this.#answersItself) {
      return "bypass";
    }
    const { facts } = this.#arrival;
    if (facts) facts.codeDetails = "wasm_fail_stream";
    if (this.#client.started) this.#breakOff(error.message);
    else this.#answer(failureAnswer(`function ${fn.id}: ${error.message}`));
    return "stop";
  }

  /** No answer in time. @param milliseconds how long that was. */
  late(milliseconds: number): void {
    if (this.#over || this.#client.started) return;
    this.#fail(504, `no answer within ${milliseconds} ms`);
  }

  /** The client went away, or its request was broken off. */
  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#client.reset("the client has gone");
  }

  /** The whole response has reached the client. */
  finished(): void {
    if (!this.#over) this.#finish();
  }

  // What the terminal tells.

  /** Where its response goes. */
  get response(): StreamSink {
    return {
      headers: (map, end) => {
        if (this.#over || this.#responding) return;
        this.#responding = true;
        this.#lastResponse.headers(map, end);
      },
      data: (bytes, end) => {
        if (!this.#over) this.#lastResponse.data(bytes, end);
      },
      trailers: (map) => {
        if (!this.#over) this.#lastResponse.trailers(map);
      },
    };
  }

  holdRequest(on: boolean): void {
    this.pressure("request", "upstream", on);
  }

  respondInstead(response: LocalResponse): void {
    const { facts } = this.#arrival;
    if (facts) facts.codeDetails = response.details;
    this.respond(response);
  }

  routed(routeName: string, clusterName: string): void {
    const { facts } = this.#arrival;
    if (!facts) return;
    facts.routeName = routeName;
    facts.clusterName = clusterName;
  }

  connected(ends: string): void {
    const { facts } = this.#arrival;
    if (!facts) return;
    Object.assign(facts, unpackEnds(ends), { codeDetails: "via_upstream" });
  }

  cut(why: string): void {
    if (this.#over) return;
    if (this.#client.started) this.#breakOff(why);
    else this.#fail(502, why);
  }

  /** Where the response enters the chain: it goes through those that have seen the request. */
  get #lastResponse(): StreamSink {
    return this.#members.at(-1)?.stream.response ?? this.#client;
  }

  /** The stream of function `index`, made when the request first reaches it. */
  #enter(index: number): StreamSink {
    const last = index === this.#links.length - 1;
    const onward = last ? this.#terminal : lazily(() => this.#enter(index + 1));
    const back: StreamSink = index === 0
      ? this.#client
      : this.#members[index - 1]!.stream.response;
    const member = new Member(this, index, onward, back);
    const { fn, slot, root } = this.#links[index]!;
    if (root) root.expected--;
    this.#members = appended(this.#members, member);
    member.stream = slot.instance.openHttp(this.#arrival, member, {
      limit: fn.spec.bodyLimit,
      answers: last && this.#answersItself,
    }, root);
    member.stream.create();
    return member.stream.request;
  }

  #ownAnswer(): void {
    if (this.#responding || this.#over) return;
    this.#responding = true;
    this.#members.at(-1)!.stream.answer();
  }

  /** Something else than a function's failure, which is logged already, keeps the client from its answer. */
  #fail(status: number, why: string, fn = this.#links[0]?.fn): void {
    if (this.#client.started) return this.#breakOff(why);
    fn?.warn(`request answered ${status}: ${why}`);
    const who = fn === undefined ? "" : `function ${fn.id}: `;
    this.#answer(errorAnswer(status, who + why));
  }

  /** Our own answer straight to the client. */
  #answer(answer: WireResponse): void {
    const { headers } = this.#arrival;
    this.#client.answer(understood(answer, headers), answer.status);
  }

  #breakOff(why: string): void {
    this.#client.reset(why);
    this.#finish();
  }

  #stopRequest(): void {
    for (const { stream } of this.#members) stream.stopRequest();
  }

  #finish(): void {
    this.#over = true;
    this.#terminal.reset();
    for (let i = 0; i < this.#links.length; i++) {
      // Functions that the request never reached hear of it in their log, as in Envoy.
      if (i >= this.#members.length) this.#enter(i);
      this.#members[i]!.stream.log();
    }
    for (const { stream } of this.#members) stream.end();
    this.#owner.over();
  }
}

/** A sink that is made when its headers come. */
function lazily(make: () => StreamSink): StreamSink {
  let sink: StreamSink | undefined;
  return {
    headers: (map, end) => (sink = make()).headers(map, end),
    data: (bytes, end) => sink?.data(bytes, end),
    trailers: (map) => sink?.trailers(map),
  };
}
