/** Reading and writing buffers. */
import { type Case, chunked, get, post, probe } from "../case.ts";

const MATRIX: [start: string, size: string][] = [
  ["0", "0"],
  ["0", "1"],
  ["0", "3"],
  ["0", "11"],
  ["0", "12"],
  ["0", "-1"],
  ["0", "0x7fffffff"],
  ["1", "0"],
  ["1", "3"],
  ["3", "-1"],
  ["10", "1"],
  ["11", "0"],
  ["11", "5"],
  ["12", "0"],
  ["0x7fffffff", "0"],
  ["0x7fffffff", "-1"],
  ["-1", "0"],
  ["-1", "-1"],
];

const BODY = post("/echo", "hello world");
const FREE =
  "request_headers: remove 0 content-length\nresponse_headers: remove 2 content-length";

export const BUFFERS: readonly Case[] = [
  ...MATRIX.flatMap(([start, size]) => [
    probe(`set-request-body-${start}-${size}`, [
      FREE,
      `request_body#1: setbody 0 ${start} ${size} NEW; body 0`,
    ], BODY),
  ]),
  ...MATRIX.slice(0, 4).map(([start, size]) =>
    probe(`set-response-body-${start}-${size}`, [
      FREE,
      `response_body#1: setbody 1 ${start} ${size} NEW; body 1`,
    ], BODY)
  ),
  probe("set-to-nothing", [
    FREE,
    'request_body#1: setbody 0 0 11 ""; body 0',
    'response_body#1: setbody 1 0 0 ""; body 1',
  ], BODY),
  probe("set-empty-end", [
    FREE,
    "request_body#end: body 0; bodystatus 0; setbody 0 0 0 AT-THE-END; body 0; bodystatus 0",
  ], BODY),
  probe("set-while-buffering", [
    FREE,
    "request_body#end: body 0; setbody 0 0 -1 ALL",
    "request_body: return 1",
  ], chunked("/echo", ["one", "two", "three"])),
  probe("prepend-to-each-chunk", [
    "request_body: setbody 0 0 0 <",
  ], chunked("/echo", ["one", "two"])),
  probe("change-then-buffer", [
    "request_body#end: body 0",
    "request_body: setbody 0 -1 0 +; body 0; return 1",
  ], chunked("/echo", ["one", "two"])),
  probe("set-with-content-length-left", [
    "request_body#1: setbody 0 0 -1 longer than before",
  ], BODY),
  probe("set-response-with-content-length-left", [
    "response_body#1: setbody 1 0 -1 longer than before",
  ], get("/plain")),
  probe("set-response-shorter-with-content-length-left", [
    "response_body#1: setbody 1 0 -1 short",
  ], get("/plain")),
  probe("body-in-headers", [
    "request_headers: body 0; bodystatus 0; setbody 0 0 0 NEW; body 1; bodystatus 1; setbody 1 0 0 NEW",
    "response_headers: body 1; bodystatus 1; setbody 1 0 0 NEW; body 0; bodystatus 0; setbody 0 0 0 NEW",
  ], BODY),
  probe(
    "other-buffers",
    [
      "request_body#1: body 1; body 2; body 3; body 4; body 5; body 6; body 7; body 8; body 9; body 10; body -1; bodystatus 1; bodystatus 4; bodystatus 6; bodystatus 7; bodystatus 8; bodystatus 9",
      "response_body#1: body 0; setbody 0 0 0 NEW; bodystatus 0",
      "request_headers: setbody 4 0 0 x; setbody 5 0 0 x; setbody 6 0 0 x; setbody 7 0 0 x; setbody 8 0 0 x; setbody 9 0 0 x",
      "log: body 0; body 1; bodystatus 0",
      "configure: body 6; body 7; bodystatus 6; bodystatus 7; body 0; setbody 7 0 0 x",
      "vm_start: body 6; body 7",
    ],
    BODY,
    { start: true },
  ),
  probe("parts", [
    "request_body#1: part 0 0 5; part 0 6 5; part 0 6 50; part 0 11 1; part 0 12 1; part 0 5 0; part 0 1 -1; part 0 -1 1; part 0 -1 -1; part 0 0x7fffffff 0x7fffffff",
  ], BODY),
  probe("status-flags", [
    "request_body: bodystatus 0",
    "response_body: bodystatus 1",
  ], chunked("/echo", ["one", "two"])),
  probe("big-response", ["response_body#1: log x"], get("/big")),
  probe("big-response-buffered", [
    "response_body: return 1",
    "response_body#end: bodystatus 1",
  ], get("/big")),
];
