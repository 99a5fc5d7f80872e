/** What a listener gives to whoever answers: a request, its body as it comes, and where the answer goes. */
import type { Facts } from "../../abi/host.ts";
import type { Pair } from "../http/fields.ts";

/** Answers a request, now or later, and exactly once. Must not throw. */
export type Handler = (request: Incoming, reply: Reply) => void;

/** A request's head. */
export interface Incoming {
  readonly method: string;
  /** Path and query, or `*`. */
  readonly path: string;
  readonly authority: string;
  readonly scheme: string;
  /** As they came, names in lower case; without those of the connection. */
  readonly headers: Pair[];
  readonly facts: Facts;
  /** Undefined where none follows. */
  readonly body: IncomingBody | undefined;
}

/** A body that is not there yet. Nobody need read it. */
export interface IncomingBody {
  /** How long it is said to be: bytes. */
  readonly declared: number | undefined;
  /** Gives its parts from now on, the first perhaps at once; called once. */
  read(sink: BodySink): void;
  /** Its parts are to wait, or may come again. */
  hold(on: boolean): void;
  /** Nothing more of it is wanted: the sink hears no more. */
  stop(): void;
}

/** Takes a body. The last call has `end`, or is `trailers` or `broken`. */
export interface BodySink {
  /** The bytes are the sink's. */
  data(bytes: Uint8Array, end: boolean): void;
  trailers(fields: Pair[]): void;
  /** The client left or sent what is no HTTP. */
  broken(): void;
}

/** Has `work` done when the client has gone, if that is before there is an answer. */
export type OnLeft = (work: () => void) => void;

/** What the answerer of a request hears. */
export interface ReplyEvents {
  /** The client has gone: nobody hears the answer. */
  gone(): void;
  /** Whether more of the answer is to wait until the client has read what there is. */
  pressure(on: boolean): void;
}

/**
 * Where an answer goes: `whole`, or `head`, then `data` any number of times, then `end`. Names of fields in lower case;
 * those of a connection are left out, and what frames the body is what fits it. Calls after the end do nothing.
 */
export interface Reply {
  /** Who hears of the client; at once where it has gone already. */
  listen(events: ReplyEvents): void;
  whole(status: number, fields: readonly Pair[], body: Uint8Array): void;
  head(status: number, fields: readonly Pair[]): void;
  /** Keeps `bytes` until they are written. */
  data(bytes: Uint8Array): void;
  /** Trailers are dropped where the client cannot be sent any. */
  end(trailers?: readonly Pair[]): void;
  /** Breaks the answer off, or the connection where there is none yet; `why` is for whoever is no client. */
  reset(why: string): void;
}
