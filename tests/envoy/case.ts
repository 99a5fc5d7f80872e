/** What is asked of Envoy and of this host alike: plugins, a request in pieces, and what the service behind them does. */

/** One wasm filter: the probe with rules (tests/sdk/c/probe.c), or another guest with its configuration. */
export interface Filter {
  /** A guest of tests/sdk by name; the probe unless given. */
  guest?: string;
  /** The plugin configuration; for the probe its rules, one a line. */
  configuration: string;
  vmConfiguration?: string;
  rootId?: string;
  failOpen?: boolean;
  /** Headers answered with 1 are held alone: the body is shown nevertheless (`allow_on_headers_stop_iteration`). */
  headersAlone?: boolean;
  /** Filters of one id share a VM; each has its own unless given. */
  vmId?: string;
  /** WASI environment. */
  env?: Record<string, string>;
}

/** What a client sends: texts as they are, numbers are pauses in milliseconds, "close" cuts the connection. */
export type Piece = string | number | "close";

export interface Case {
  name: string;
  filters: Filter[];
  /** `tcp`: network filters in front of a `tcp_proxy`. */
  kind?: "http" | "tcp";
  /** What answers: the upstream by the request's path (see upstream.ts), or a `direct_response` of Envoy's route. */
  answer?: "upstream" | "direct";
  /** One connection each, one after another. */
  connections: Piece[][];
  /** How long things may go on after the last answer, in milliseconds. */
  linger?: number;
  /** Whether what the plugins say before the first request counts too. */
  start?: boolean;
  /** Which of the plugins' lines count; all unless given. */
  keep?: RegExp;
  /** A line counts once: Envoy's main thread starts plugins as well, and what they do by themselves is done twice. */
  once?: boolean;
}

/** A request without a body. */
export function get(path: string, headers = "", method = "GET"): Piece[] {
  return [`${method} ${path} HTTP/1.1\r\nhost: example.test\r\n${headers}\r\n`];
}

/** A POST whose body is announced by its length and comes in one piece. */
export function post(path: string, body: string, headers = ""): Piece[] {
  return [
    `POST ${path} HTTP/1.1\r\nhost: example.test\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`,
  ];
}

/** A POST of chunks with a pause between them, and trailers at its end. */
export function chunked(
  path: string,
  chunks: string[],
  trailers = "",
  headers = "",
): Piece[] {
  const head =
    `POST ${path} HTTP/1.1\r\nhost: example.test\r\n${headers}transfer-encoding: chunked\r\n\r\n`;
  const body = chunks.flatMap((chunk) => [
    PAUSE,
    `${chunk.length.toString(16)}\r\n${chunk}\r\n`,
  ]);
  return [head, ...body, PAUSE, `0\r\n${trailers}\r\n`];
}

/** Long enough that two pieces do not arrive as one. */
export const PAUSE = 60;

/** A case of one probe and one connection. */
export function probe(
  name: string,
  rules: string[],
  connection: Piece[],
  more: Partial<Case> & Pick<Filter, "failOpen" | "headersAlone"> = {},
): Case {
  const { failOpen, headersAlone, ...rest } = more;
  return {
    name,
    filters: [{ configuration: rules.join("\n"), failOpen, headersAlone }],
    connections: [connection],
    ...rest,
  };
}

/** Whether trailers occur in a case: proxies have to be told to let them through. */
export function usesTrailers(one: Case): boolean {
  const pieces = one.connections.flat().join();
  const rules = one.filters.map(({ configuration }) => configuration).join();
  return /x-end:|\/trailers/.test(pieces) ||
    /_trailers|\/trailers/.test(rules) ||
    one.name.includes("trailers");
}
