/** The plugins built with the official SDKs, behaviour by behaviour. */
import { type Case, chunked, get, type Piece, post } from "../case.ts";

const BODY = chunked(
  "/echo",
  ["one", "two"],
  "",
  "content-length-hint: no\r\n",
);

/** Behaviours that every SDK has, and what they are asked. */
const COMMON: [configuration: string, connection: Piece[], Partial<Case>?][] = [
  ["headers", get("/plain", "x-one: 1\r\nx-two: 2\r\n")],
  ["log", chunked("/trailers", ["one", "two"], "x-end: yes\r\n")],
  ["local request_headers", get("/plain")],
  ["local request_body", post("/echo", "hello")],
  ["local response_headers", get("/plain")],
  ["local response_body", get("/plain")],
  ["auth /plain", post("/echo", "hello")],
  ["auth /status", post("/echo", "hello")],
  ["tick", get("/plain"), { once: true }],
  ["properties", get("/plain?a=b", "x-one: 1\r\n")],
  ["trap", get("/plain", "x-trap: yes\r\n"), {
    keep: /asked to trap|Function:/,
  }],
];

/** Behaviours that the AssemblyScript SDK has no calls for. */
const FULL: typeof COMMON = [
  ["body append", BODY],
  ["body prepend", BODY],
  ["body replace", BODY],
  ["counter", get("/plain")],
  ["queue", get("/queued"), { linger: 200 }],
  ["metrics", get("/plain")],
  ["foreign", get("/plain")],
  ["network", ["hello", 80, "bye"], { kind: "tcp" }],
];

const VM = "the machine";

export const SDK: readonly Case[] = ["go", "rust", "assemblyscript"].flatMap(
  (guest) =>
    [...COMMON, ...guest === "assemblyscript" ? [] : FULL].map((
      [configuration, connection, more],
    ): Case => ({
      name: `${guest}-${configuration.replace(/[ _/]+/g, "-")}`,
      filters: [{ guest, configuration, vmConfiguration: VM }],
      connections: configuration === "counter"
        ? [connection, connection, connection]
        : [connection],
      start: true,
      ...more,
    })),
);

export const LIBC: readonly Case[] = [{
  name: "libc",
  filters: [{
    guest: "libc",
    configuration: "",
    env: { GREETING: "hello there" },
  }],
  connections: [get("/plain")],
  start: true,
}];
