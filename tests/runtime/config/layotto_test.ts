import assert from "node:assert/strict";
import {
  resolveFunction,
  resolveHost,
} from "../../../runtime/settings/resolve.ts";
import { parse, problemsOf } from "./options.ts";

const DEMO = await Deno.readTextFile(
  new URL("../../testdata/layotto_demo.json", import.meta.url),
);

Deno.test("a file of Layotto's shape gives functions with paths relative to the current folder", () => {
  const config = parse(DEMO);
  assert.equal(config.shape, "layotto");
  assert.deepEqual(
    config.functions.map(({ settings: _, ...rest }) => rest),
    [
      {
        name: "front",
        path: "/current/modules/front.wasm",
        rootContextId: 7,
        layotto: {
          pluginFields: { name: "front", greeting: "hello" },
          vmFields: { engine: "wasmtime", path: "modules/front.wasm" },
        },
        place: "c.json: servers[0].listeners[1].stream_filters[0].config.front",
      },
      {
        name: "back",
        path: "/srv/modules/back.wasm",
        rootContextId: 1,
        layotto: {
          pluginFields: { name: "back" },
          vmFields: {
            engine: "wasmtime",
            path: "/srv/modules/back.wasm",
            cpu: "2",
          },
        },
        place: "c.json: servers[0].listeners[1].stream_filters[0].config.back",
      },
    ],
  );
});

Deno.test("instance_num is taken, and absent it is one for each CPU", () => {
  const [front, back] = parse(DEMO).functions.map((f) =>
    resolveFunction([f.settings])
  );
  assert.equal(front?.values.instances, 1);
  assert.equal(
    front?.origins.instances.place,
    "c.json: servers[0].listeners[1].stream_filters[0].config.front.instance_num",
  );
  assert.equal(back?.values.instances, 3);
});

Deno.test("its stores and application are taken", () => {
  const { state, appId } = parse(DEMO);
  const grpc =
    "c.json: servers[0].listeners[0].filter_chains[0].filters[0].config.grpc_config";
  assert.deepEqual(state, {
    state_demo: {
      type: "redis",
      metadata: { redisHost: "localhost:6379", redisPassword: "" },
      place: `${grpc}.state.state_demo`,
    },
    scratch: {
      type: "in-memory",
      metadata: { keyPrefix: "appid" },
      place: `${grpc}.state.scratch`,
    },
  });
  assert.equal(appId, "shop");
});

Deno.test("its listeners become settings, and the admin listener stays on loopback", () => {
  const config = parse(
    DEMO.replace("0.0.0.0:2045", "127.0.0.1:8080")
      .replace("0.0.0.0:34998", "0.0.0.0:9998"),
  );
  const { values, origins } = resolveHost([config.settings]);
  assert.equal(values["http-address"], "127.0.0.1");
  assert.equal(values["http-port"], 8080);
  assert.equal(values["admin-address"], "127.0.0.1");
  assert.equal(values["admin-port"], 9998);
  assert.equal(values["actuator-address"], "127.0.0.1");
  assert.equal(values["log-level"], "debug");
  assert.equal(
    origins["http-port"].place,
    "c.json: servers[0].listeners[1].address",
  );
  assert.equal(origins["admin-address"].kind, "default");
});

Deno.test("what would have an effect in Layotto and has none here is a notice each, and nothing else is", () => {
  assert.deepEqual(parse(DEMO).notices, [
    'c.json: servers[0].listeners[0].filter_chains[0].filters[0].config.grpc_config.lock: components of kind "lock" are not served here',
    'c.json: servers[0].listeners[2].address: found "0.0.0.0:34998"; whoever reaches this port can run code, so it is opened on loopback only. To open it wider set admin-address',
    "c.json: tracing: has no effect: traces are not exported",
    "c.json: metrics: has no effect: metrics are at /metrics of the actuator",
  ]);
});

Deno.test("an admin listener on loopback is no notice", () => {
  const notices = parse(DEMO.replace("0.0.0.0:34998", "[::1]:34998")).notices;
  assert(!notices.some((notice) => notice.includes("admin-address")));
});

Deno.test("a router that does more than let requests through is a notice", () => {
  const text = DEMO.replace('"status": 200', '"status": 404');
  assert(
    parse(text).notices.some((n) =>
      n.startsWith(
        "c.json: servers[0].routers[1].virtual_hosts[0]: has no effect",
      )
    ),
  );
});

/** A mistake made in the demo file, and the one problem it gives. */
const MISTAKES: [found: string, instead: string, problem: string][] = [
  [
    '"instance_num": 1',
    '"instance_nun": 1',
    'config.front.instance_nun: found unknown key "instance_nun" (did you mean "instance_num"?)',
  ],
  [
    '"instance_num": 1',
    '"instance_num": "1"',
    'config.front.instance_num: found "1", expected a whole number',
  ],
  [
    '"instance_num": 1',
    '"instance_num": 100001',
    "config.front.instance_num: found 100001, expected a whole number from 0 to 100000",
  ],
  [
    '"root_context_id": 7',
    '"root_context_id": 7.5',
    "config.front.root_context_id: found 7.5, expected a whole number",
  ],
  [
    '"path": "modules/front.wasm"',
    '"pth": "modules/front.wasm"',
    'config.front.vm_config.pth: found unknown key "pth" (did you mean "path"?), expected one of "engine", "path", "url", "md5", "cpu", "mem"',
  ],
  [
    '"path": "modules/front.wasm"',
    '"path": ""',
    'config.front.vm_config.path: found "", expected the path of a WebAssembly module',
  ],
  [
    '"type": "redis"',
    '"type": "reddis"',
    'state.state_demo.type: found "reddis", expected one of "in-memory", "redis", "sqlite" (did you mean "redis"?)',
  ],
  [
    '"redisHost"',
    '"redishosts"',
    'state.state_demo.metadata.redishosts: found unknown key "redishosts" (did you mean "redisHost"?)',
  ],
  [
    '"metadata": { "keyPrefix"',
    '"metdata": { "keyPrefix"',
    'state.scratch.metdata: found unknown key "metdata" (did you mean "metadata"?), expected one of "type", "metadata"',
  ],
  [
    '"state": {',
    '"stat": {',
    'grpc_config.stat: found unknown key "stat" (did you mean "state"?)',
  ],
  [
    "0.0.0.0:2045",
    "0.0.0.0",
    'listeners[1].address: found "0.0.0.0", expected "address:port", e.g. "0.0.0.0:2045"',
  ],
  [
    '"default_log_level": "DEBUG"',
    '"default_log_level": "LOUD"',
    'default_log_level: found "LOUD", expected one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL',
  ],
  [
    '"type": "wasm_filter"',
    '"type": "actuator_filter"',
    "listeners[3]: found a second listener for actuator, expected one",
  ],
];

for (const [found, instead, problem] of MISTAKES) {
  Deno.test(`instead of ${found}, ${instead} is an error with its path`, () => {
    assert(DEMO.includes(found), found);
    const problems = problemsOf(DEMO.replace(found, instead));
    assert(
      problems.some((p) => p.startsWith("c.json: ") && p.includes(problem)),
      problems.join("\n"),
    );
  });
}

Deno.test("two servers are an error", () => {
  assert.match(problemsOf({ servers: [{}, {}] })[0] ?? "", /found 2 servers/);
});
