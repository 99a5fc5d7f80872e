/** Calls out, timers, queues, shared data, metrics, foreign functions, the end of roots. */
import { type Case, get, post, probe } from "../case.ts";

const GO = "effective stream; continue 0";

export const CALLS: readonly Case[] = [
  probe("call-details", [
    "request_headers: call callee /echo 1000 hello x-mine=1,X-Upper=2; return 1",
    `http_call_response: pairs 6; body 4; bodystatus 4; pairs 7; callstatus; ${GO}`,
  ], get("/plain")),
  probe("call-answer-with-trailers", [
    "request_headers: call callee /trailers 1000; return 1",
    `http_call_response: pairs 6; body 4; pairs 7; get 7 x-end; ${GO}`,
  ], get("/plain")),
  probe("call-answer-503", [
    "request_headers: call callee /status 1000; return 1",
    `http_call_response: get 6 :status; body 4; callstatus; ${GO}`,
  ], get("/plain")),
  probe("call-answer-empty", [
    "request_headers: call callee /empty 1000; return 1",
    `http_call_response: pairs 6; body 4; pairs 7; ${GO}`,
  ], get("/plain")),
  probe("call-timeout", [
    "request_headers: call callee /hang 150; return 1",
    `http_call_response: pairs 6; body 4; pairs 7; callstatus; get 6 :status; ${GO}`,
  ], get("/plain")),
  probe("call-reset", [
    "request_headers: call callee /reset 1000; return 1",
    `http_call_response: pairs 6; body 4; callstatus; ${GO}`,
  ], get("/plain")),
  probe("call-nobody-listens", [
    "request_headers: call nobody /plain 1000; return 1",
    `http_call_response: pairs 6; body 4; callstatus; ${GO}`,
  ], get("/plain")),
  probe("call-refused", [
    'request_headers: call unknown /plain 1000; call callee /plain -1; callpairs callee :method=GET,:path=/ 100; callpairs callee :method=GET,:authority=a 100; callpairs callee :path=/,:authority=a 100; callpairs callee a=b 100; callpairs "" :method=GET,:path=/,:authority=a 100; callpairs example.test:80 :method=GET,:path=/,:authority=a 100',
  ], get("/plain")),
  probe("call-without-timeout", [
    "request_headers: call callee /slow 0; return 1",
    `http_call_response: body 4; ${GO}`,
  ], get("/plain")),
  probe("call-three-at-once", [
    "request_headers: call callee /slow 1000; call callee /plain 1000; call callee /status 1000; return 1",
    `http_call_response#3: body 4; ${GO}`,
    "http_call_response: body 4",
  ], get("/plain")),
  probe(
    "call-answered-after-the-stream",
    [
      "request_headers: call callee /slow 1000",
      "http_call_response: body 4; effective stream; continue 0; get 0 :path",
    ],
    get("/plain"),
    { linger: 500 },
  ),
  probe("call-status-elsewhere", [
    "request_headers: callstatus; body 4; pairs 6",
  ], get("/plain")),
  probe("call-from-response", [
    "response_headers: call callee /plain 1000; return 1",
    "http_call_response: effective stream; continue 1",
  ], get("/plain")),
  probe(
    "call-in-log",
    [
      "log: call callee /plain 1000",
      "http_call_response: body 4",
    ],
    get("/plain"),
    { linger: 200 },
  ),
  probe(
    "call-at-start",
    [
      "configure: call callee /plain 1000",
      "http_call_response: body 4",
    ],
    get("/plain"),
    { start: true, once: true },
  ),
  probe("call-in-call", [
    "request_headers: call callee /plain 1000; return 1",
    "http_call_response#1: call callee /status 1000",
    `http_call_response#2: get 6 :status; ${GO}`,
  ], get("/plain")),
  probe("tick-every-100", [
    "request_headers: tick 100; return 1",
    `tick#3: ${GO}; tick 0`,
    "tick: log again",
  ], get("/plain")),
  probe("tick-set-twice", [
    "request_headers: tick 5000; tick 100; return 1",
    `tick: ${GO}; tick 0`,
  ], get("/plain")),
  probe(
    "tick-cancelled",
    [
      "request_headers: tick 50; tick 0",
      "tick: log never",
    ],
    get("/plain"),
    { linger: 200 },
  ),
  probe(
    "tick-at-start",
    [
      "configure: tick 100",
      "tick#2: tick 0",
    ],
    get("/plain"),
    { start: true, once: true },
  ),
  probe(
    "queue-own",
    [
      "configure: queue work; queue work; queue other",
      'request_headers: resolve "" work; resolve queue-own work; resolve queue-own absent; resolve nobody work; enqueue 1 one; enqueue 1 two; enqueue 99 three; enqueue 0 three; dequeue 99; dequeue 2',
      "queue_ready: dequeue 1; dequeue 1; dequeue 1",
    ],
    get("/plain"),
    { start: true, linger: 200 },
  ),
  probe(
    "queue-empty-item",
    [
      "configure: queue empties",
      'request_headers: resolve "" empties',
      "log: enqueue 1",
      "queue_ready: dequeue 1; dequeue 1",
    ],
    get("/plain"),
    { linger: 200 },
  ),
  {
    name: "queue-between-vms",
    filters: [
      { configuration: "configure: queue shared\nqueue_ready: log got it" },
      {
        configuration:
          'request_headers: resolve queue-between-vms/1 shared; resolve "" shared',
      },
    ],
    connections: [get("/plain")],
  },
  probe("shared-data", [
    "configure: data k",
    'request_headers: setdata k one 0; data k; setdata k two 7; data k; setdata k two 1; data k; setdata k three 99; setdata k three 0; data k; setdata new x 5; data new; setdata void "" 0; data void; data ""; setdata "" x 0; data ""',
  ], get("/plain")),
  probe("metrics", [
    'request_headers: metric 0 probe_count; metric 1 probe_gauge; metric 2 probe_times; metric 3 probe_bad; metric 0 probe_count; metric 1 probe_count; metric 0 ""',
    "request_body#1: increment 4 5; readmetric 4; increment 4 -1; increment 4 0; record 4 3; readmetric 4",
    "response_headers: increment 5 5; increment 5 -7; readmetric 5; record 5 9; readmetric 5",
    "response_body#1: increment 6 1; record 6 5; readmetric 6; increment 999 1; record 999 1; readmetric 999; increment 0 1; readmetric 0; increment 7 1; readmetric 8",
  ], post("/echo", "hello")),
  probe("foreign", [
    'request_headers: foreign compress aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; foreign uncompress zzz; foreign nothing x; foreign compress; foreign clear_route_cache x; foreign "" x; foreign sign x; foreign expr_create 1+1; foreign set_envoy_filter_state x; foreign declare_property x; foreign verify_signature x',
  ], get("/plain")),
  probe("effective-context", [
    "request_headers: effective 1; pairs 0; effective 0; effective 99; effective 2; get 0 :path",
  ], get("/plain")),
  probe(
    "done-elsewhere",
    [
      "configure: done",
      "request_headers: done",
      "log: done",
    ],
    get("/plain"),
    { start: true },
  ),
  probe("done-answers-0", ["done: return 0"], get("/plain")),
  probe(
    "done-answers-0-then-done-in-tick",
    [
      "done: tick 100; return 0",
      "tick: effective stream; done; tick 0",
    ],
    get("/plain"),
    { linger: 300 },
  ),
  probe("log-levels", [
    "request_headers: level; raw log 0 1024 3; raw log 1 1024 3; raw log 3 1024 3; raw log 4 1024 3; raw log 5 1024 3; raw log 6 1024 3; raw log -1 1024 3; raw log 2 1024 0",
  ], get("/plain")),
];
