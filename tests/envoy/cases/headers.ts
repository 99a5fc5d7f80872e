/** Header maps in and out of their phase. */
import { type Case, chunked, get, post, probe } from "../case.ts";

const MAPS = [0, 1, 2, 3, 4, 5, 6, 7, 8, -1];
const each = (step: (map: number) => string) => MAPS.map(step).join("; ");
const READS = [
  each((map) => `get ${map} x-a`),
  each((map) => `size ${map}`),
  each((map) => `pairs ${map}`),
].join("; ");
const WRITES = [
  each((map) => `add ${map} x-added ${map}`),
  each((map) => `replace ${map} x-replaced ${map}`),
  each((map) => `remove ${map} x-gone`),
].join("; ");
const ALL = [
  "request_headers",
  "request_body#1",
  "request_trailers",
  "response_headers",
  "response_body#1",
  "response_trailers",
  "log",
  "done",
  "delete",
];
const SHORT = chunked("/chunks", ["one"], "", "x-a: 1\r\n");
const LONG = chunked("/trailers", ["one"], "x-end: yes\r\n", "x-a: 1\r\n");

export const HEADERS: readonly Case[] = [
  ...ALL.map((callback) =>
    probe(`reads-in-${callback.replace(/[_#]/g, "-")}`, [
      `${callback}: ${READS}`,
    ], callback.includes("trailers") ? LONG : SHORT)
  ),
  ...ALL.slice(0, 7).map((callback) =>
    probe(`writes-in-${callback.replace(/[_#]/g, "-")}`, [
      `${callback}: ${WRITES}`,
    ], callback.includes("trailers") ? LONG : SHORT)
  ),
  probe("reads-in-tick", [
    `request_headers: tick 100; return 1`,
    `tick: ${READS}; effective stream; ${READS}; continue 0; ${READS}; tick 0`,
  ], SHORT),
  probe("writes-in-tick", [
    `request_headers: tick 100; return 1`,
    `tick: add 0 x-no 1; effective stream; ${WRITES}; continue 0; tick 0`,
  ], SHORT),
  probe("reads-at-start", [`configure: ${READS}`], get("/plain"), {
    start: true,
  }),
  probe("reads-in-call-response", [
    "request_headers: call callee /echo 1000 hello; return 1",
    `http_call_response: ${READS}; body 4; bodystatus 4; callstatus; add 6 x-a 1; add 7 x-a 1; setpairs 6 a=b; remove 6 x-from; effective stream; continue 0`,
  ], get("/plain")),
  probe(
    "pairs-of-a-request",
    [
      'request_headers: pairs 0; size 0; get 0 :path; get 0 host; get 0 :authority; get 0 :method; get 0 :scheme; get 0 X-MIXED; get 0 x-mixed; get 0 x-empty; get 0 x-none; get 0 ""',
    ],
    get(
      "/a%20b?c=d&e",
      "X-Mixed: one\r\nx-MIXED: two\r\nx-empty:\r\nX-Spaces:   a  b  \r\n",
    ),
  ),
  probe("pairs-of-a-response", [
    "response_headers: pairs 2; size 2; get 2 :status; get 2 set-cookie; get 2 x-mixed",
  ], get("/duplicate")),
  probe("edit-request", [
    'request_headers: add 0 x-twice 1; add 0 x-twice 2; replace 0 x-one new; replace 0 x-new made; remove 0 x-two; remove 0 x-none; add 0 X-Upper CASE; add 0 x-void ""; replace 0 x-hole ""; pairs 0',
  ], get("/plain", "x-one: old\r\nx-one: older\r\nx-two: 2\r\n")),
  probe("edit-response", [
    "response_headers: replace 2 :status 201; add 2 set-cookie c=3; remove 2 x-mixed; replace 2 content-type text/x; add 2 X-Upper CASE",
  ], get("/duplicate")),
  probe("set-request-pairs", [
    "request_headers: setpairs 0 :method=GET,:path=/echo,:authority=other,x-only=1; pairs 0",
  ], get("/plain", "x-one: 1\r\n")),
  probe("set-request-pairs-without-pseudo", [
    "request_headers: setpairs 0 x-only=1; pairs 0",
  ], get("/plain")),
  probe("set-request-pairs-to-nothing", [
    "request_headers: raw set_header_map_pairs 0 0 0; pairs 0",
  ], get("/plain")),
  probe("set-response-pairs", [
    "response_headers: setpairs 2 :status=202,x-only=1; pairs 2",
  ], get("/plain")),
  probe("set-response-pairs-without-status", [
    "response_headers: setpairs 2 x-only=1; pairs 2",
  ], get("/plain")),
  probe("remove-pseudo", [
    "request_headers: remove 0 :method; pairs 0",
  ], get("/plain")),
  probe("remove-path", ["request_headers: remove 0 :path"], get("/plain")),
  probe("remove-authority", [
    "request_headers: remove 0 :authority",
  ], get("/plain")),
  probe("remove-status", ["response_headers: remove 2 :status"], get("/plain")),
  ...["abc", "0", "99", "100", "600", "1000", '""'].map((status) =>
    probe(`response-status-${status.replace(/"/g, "") || "empty"}`, [
      `response_headers: replace 2 :status ${status}`,
    ], get("/plain"))
  ),
  probe("change-path-and-method", [
    "request_headers: replace 0 :path /echo?x=1; replace 0 :method PUT; replace 0 :authority elsewhere",
  ], post("/plain", "hello")),
  probe("add-pseudo", [
    "request_headers: add 0 :path /second; add 0 :other x; add 0 host third; pairs 0",
  ], get("/plain")),
  probe("after-they-were-sent", [
    "request_body: add 0 x-late 1; get 0 x-late; remove 0 x-one; replace 0 :path /other",
    "response_body: add 2 x-late 1; get 2 x-late; replace 2 :status 500",
    "response_headers: add 0 x-late 2; get 0 x-late",
  ], chunked("/echo", ["one", "two"], "", "x-one: 1\r\n")),
  probe("in-buffered-body", [
    "request_headers: return 1; ",
    "request_body: return 1",
    "request_body#end: add 0 x-late 1",
  ], get("/plain")),
  probe("headers-held-by-paused-body", [
    "request_body#end: add 0 x-late 1; replace 0 content-length 6; setbody 0 0 -1 longer",
    "request_body: return 1",
    "response_body#end: add 2 x-late 1; replace 2 :status 201",
    "response_body: return 1",
  ], chunked("/echo", ["one", "two"])),
  probe("add-request-trailers", [
    "request_body#end: add 1 x-made yes; pairs 1; setpairs 1 x-set=yes",
  ], chunked("/echo", ["one"])),
  probe("add-response-trailers", [
    "response_body#end: add 3 x-made yes; pairs 3",
  ], get("/chunks")),
  probe("edit-trailers", [
    "request_trailers: add 1 x-more 1; remove 1 x-end",
    "response_trailers: pairs 3; replace 3 x-end no; add 3 x-more 2",
  ], LONG),
  probe("bad-values", [
    'request_headers: add 0 bad+name x; add 0 x-bad\u0001name x; add 0 x-utf gr\u00fcn; add 0 x(y) z; add 0 "" nameless; pairs 0',
    "response_headers: add 2 bad\u007fname x; add 2 x-utf gr\u00fcn; add 2 x(y) z",
  ], get("/plain")),
  probe("content-length-changed-by-hand", [
    "response_headers: replace 2 content-length 3",
  ], get("/plain")),
];
