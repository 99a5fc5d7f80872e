import assert from "node:assert/strict";
import {
  resolveFunction,
  resolveHost,
} from "../../../runtime/settings/resolve.ts";
import { type Setting, SETTINGS } from "../../../runtime/settings/table.ts";
import { parse, problemsOf } from "./options.ts";

Deno.test("the short shape says functions, stores and settings", () => {
  const config = parse(`{
    "functions": {
      "f1": { "path": "x.wasm", "instances": 4, "plugin-configuration": { "a": 1 } },
      "f2": "/opt/y.wasm"
    },
    "state": {
      "state_demo": { "type": "redis", "redisHost": "r:6379", "db": 2 },
      "local": "sqlite"
    },
    "settings": { "http-port": 8080, "request-timeout": "5s" },
    "app": "shop"
  }`);
  assert.equal(config.shape, "native");
  assert.equal(config.appId, "shop");
  assert.deepEqual(config.notices, []);
  assert.deepEqual(config.functions.map((f) => [f.name, f.path]), [
    ["f1", "/etc/app/x.wasm"],
    ["f2", "/opt/y.wasm"],
  ]);
  assert.deepEqual(config.state, {
    state_demo: {
      type: "redis",
      metadata: { redisHost: "r:6379", db: "2" },
      place: "c.json: state.state_demo",
    },
    local: { type: "sqlite", metadata: {}, place: "c.json: state.local" },
  });
  assert.equal(resolveHost([config.settings]).values["http-port"], 8080);
});

Deno.test("what is said of one function goes before what is said of all", () => {
  const config = parse(
    '{"functions":{"f1":{"path":"x","instances":4}},"settings":{"instances":2,"body-limit":"1Ki"}}',
  );
  const { values, origins } = resolveFunction([
    config.functions[0]?.settings,
    config.settings,
  ]);
  assert.equal(values.instances, 4);
  assert.equal(origins.instances.place, "c.json: functions.f1.instances");
  assert.equal(values["body-limit"], 1024);
  assert.equal(origins["body-limit"].place, "c.json: settings.body-limit");
});

Deno.test("a command's arguments, environment and folders stand in the file", () => {
  const config = parse(`{
    "functions": {
      "f": {
        "path": "x.wasm",
        "args": ["-l", ""],
        "env": { "A": "1", "B": "" },
        "mounts": { "/data": "d", "/etc": { "path": "/opt/e", "read-only": true } }
      },
      "g": "y.wasm"
    }
  }`);
  assert.deepEqual(config.functions.map(({ command }) => command), [
    {
      args: ["-l", ""],
      env: ["A=1", "B="],
      mounts: [
        { path: "/data", root: "/etc/app/d", readOnly: false },
        { path: "/etc", root: "/opt/e", readOnly: true },
      ],
    },
    { args: [], env: [], mounts: [] },
  ]);
  const problems = problemsOf({
    functions: {
      f: {
        path: "x",
        args: [1],
        env: { "A=": "x", B: 2 },
        mounts: { "": "d", "/a": 3, "/b": { path: "", rw: true } },
      },
    },
  });
  assert.deepEqual(problems, [
    "c.json: functions.f.args[0]: found 1, expected a text",
    'c.json: functions.f.env["A="]: found "A=", expected a name without =',
    "c.json: functions.f.env.B: found 2, expected a text",
    'c.json: functions.f.mounts[""]: found "", expected the path a guest sees',
    'c.json: functions.f.mounts["/a"]: found 3, expected a folder\'s path',
    'c.json: functions.f.mounts["/b"].rw: found unknown key "rw", expected one of "path", "read-only"',
    'c.json: functions.f.mounts["/b"]: found "", expected a folder\'s path',
  ]);
});

Deno.test("an empty object is a configuration", () => {
  const config = parse("{}");
  assert.deepEqual(config.functions, []);
  assert.deepEqual(config.state, {});
});

Deno.test("an unknown store type names file, path, found and expected", () => {
  assert.deepEqual(problemsOf({ state: { state_demo: { type: "reddis" } } }), [
    'c.json: state.state_demo.type: found "reddis", expected one of "in-memory", "redis", "sqlite" (did you mean "redis"?)',
  ]);
});

Deno.test("every mistake of a file is told at once", () => {
  const problems = problemsOf({
    function: {},
    functions: {
      f1: { pat: "x.wasm", instances: -1 },
      "f.2": { path: 3 },
      f3: { path: "x", "http-port": 1 },
      f4: [],
    },
    state: {
      a: { typ: "redis" },
      b: { type: "redis", redisHost: "nohost", redisPasword: "secret" },
      c: { type: "sqlite", path: "x" },
      d: 7,
      e: { type: "redis", redisHost: "h:1", redisPassword: { s: "secret" } },
      f: { type: "in-memory", keyPrefix: "a||b" },
    },
    settings: { "http-port": "x", "http-prot": 1 },
    app: 1,
  });
  const names = (those: readonly Setting[]) =>
    those.map(({ name }) => JSON.stringify(name)).join(", ");
  const all = names(SETTINGS);
  const ofFunctions = names(
    SETTINGS.filter((setting: Setting) => setting.scope !== "host"),
  );
  assert.deepEqual(problems, [
    'c.json: function: found unknown key "function" (did you mean "functions"?), expected one of "functions", "state", "clusters", "chain", "settings", "app", "ceiling"',
    "c.json: functions.f1.path: found nothing, expected the path of a WebAssembly module",
    `c.json: functions.f1.pat: found unknown key "pat" (did you mean "path"?), expected one of "path", "args", "env", "mounts", ${ofFunctions}`,
    "c.json: functions.f1.instances: found -1, expected a whole number from 0 to 100000",
    'c.json: functions["f.2"].path: found 3, expected a text',
    `c.json: functions.f3.http-port: found unknown key "http-port", expected one of "path", "args", "env", "mounts", ${ofFunctions}`,
    "c.json: functions.f4: found a list, expected an object",
    "c.json: functions.f4.path: found nothing, expected the path of a WebAssembly module",
    'c.json: state.a.type: found nothing, expected one of "in-memory", "redis", "sqlite"',
    'c.json: state.b.redisPasword: found unknown key "redisPasword" (did you mean "redisPassword"?), expected one of "redisHost", "redisPassword", "db", "enableTLS", "tlsSkipVerify", "maxRetries", "maxRetryBackoff", "concurrency", "keyPrefix"',
    'c.json: state.b.redisHost: found "nohost", expected "host:port", e.g. "localhost:6379"',
    'c.json: state.c.path: found unknown key "path", expected one of "keyPrefix"',
    'c.json: state.d: found 7, expected an object with a "type"',
    "c.json: state.e.redisPassword: found a list, an object or null, expected a text",
    'c.json: state.f.keyPrefix: found "a||b", expected none, name, appid or a text without "||"',
    'c.json: settings.http-port: found "x", expected a port, 0 to 65535',
    `c.json: settings.http-prot: found unknown key "http-prot" (did you mean "http-port"?), expected one of ${all}`,
    "c.json: app: found 1, expected a text",
  ]);
  assert(!problems.join().includes("secret"), "a secret reached an error");
});

Deno.test("a mistake in the JSON names file, line and column", () => {
  assert.deepEqual(problemsOf('{\n  "functions": {},\n}'), [
    "c.json:3:1: invalid character '}' looking for beginning of object key string",
  ]);
});

Deno.test("a configuration that is no object is refused", () => {
  assert.deepEqual(problemsOf("[]"), [
    "c.json: found a list, expected an object",
  ]);
});

Deno.test("a ceiling stands in the node's file only", () => {
  const text = '{"ceiling":{"instances":4}}';
  assert.equal(parse(text, { node: true }).ceiling?.caps.get("instances"), 4);
  assert.deepEqual(problemsOf(text), [
    "c.json: ceiling: found a ceiling, expected it in the node's file only",
  ]);
  assert.deepEqual(problemsOf('{"ceiling":{"instances":0}}', { node: true }), [
    "c.json: ceiling.instances: found 0, expected a whole number from 1 to 100000",
  ]);
});

Deno.test("an Envoy file is told apart", () => {
  assert.match(
    problemsOf({ static_resources: {} })[0] ?? "",
    /^c.json: static_resources: this is a file of Envoy's shape/,
  );
});
