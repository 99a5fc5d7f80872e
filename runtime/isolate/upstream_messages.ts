/**
 * Streams between a function isolate and the host's main isolate, one kind of message in both directions: what there is
 * to say of one stream at one time, so that a small exchange is one message each way.
 */
import type { Endpoint } from "../../abi/host.ts";

export interface StreamMessage {
  t: "stream";
  fn: number;
  /** The stream's number, unique in the isolate. */
  n: number;
  /** Opens the stream; only the isolate does. `timeout` is milliseconds, 0 none. */
  open?: { kind: "http" | "tcp"; name: string; timeout: number };
  /** The head's fields, packed. */
  head?: string;
  /** The ends of the connection: with the head of its response, or when it was made. */
  ends?: string;
  /** The head is that of an answer of ours, where there is no response. */
  local?: true;
  data?: Uint8Array;
  trailers?: string;
  /** Nothing more comes from this side. */
  end?: true;
  /** The stream broke off; "" where its user gave it up. */
  reset?: string;
  /** So many bytes of the other side's data were taken: more may be sent. */
  taken?: number;
}

/** Those of several streams. */
export interface StreamMessages {
  t: "streams";
  /** In order. */
  all: StreamMessage[];
}

/** Bytes one side sends before it waits for `taken`. */
export const STREAM_WINDOW = 128 * 1024;
/** Bytes taken that are worth a message. */
export const TAKEN_STEP = 32 * 1024;

type Pair = readonly [name: string, value: string];

/**
 * Fields as one text: with ten of them each way a round trip costs 23 µs, as pairs 31, without any 17. No field holds a
 * NUL that HTTP can carry; one that does arrives as a field that cannot be sent.
 */
export function packFields(pairs: Iterable<Pair>): string {
  let packed = "";
  for (const [name, value] of pairs) {
    packed += value.includes("\0") || name.includes("\0")
      ? "\0\0"
      : `${name}\0${value}\0`;
  }
  return packed;
}

export function unpackFields(packed: string): [string, string][] {
  const parts = packed.split("\0");
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    pairs.push([parts[i]!, parts[i + 1]!]);
  }
  return pairs;
}

/** The ends of connections, which serve one request after the other: as many as there may be of those. */
const known = new Map<string, Ends>();
const MOST_KNOWN = 1024;

/** What `ends` says: theirs, and ours. */
export function unpackEnds(packed: string): Ends {
  let ends = known.get(packed);
  if (ends === undefined) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(packed, ends = readEnds(packed));
  }
  return ends;
}

function readEnds(packed: string): Ends {
  const [theirs = "", port = "", ours = "", ourPort = ""] = packed.split(" ");
  return {
    upstream: { hostname: theirs, port: Number(port) },
    upstreamLocal: { hostname: ours, port: Number(ourPort) },
  };
}

export interface Ends {
  readonly upstream: Endpoint;
  readonly upstreamLocal: Endpoint;
}

/** Buffers that go along without being copied: worth it from some size on. */
export function transfers({ data }: StreamMessage): ArrayBuffer[] {
  return data && data.length >= 4096 ? [data.buffer as ArrayBuffer] : [];
}
