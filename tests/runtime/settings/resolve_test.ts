import assert from "node:assert/strict";
import { type Setting, SETTINGS } from "../../../runtime/settings/table.ts";
import {
  annotationLayers,
  environmentLayer,
  fileLayer,
  flagLayer,
} from "../../../runtime/settings/layers.ts";
import { ConfigError } from "../../../runtime/settings/problems.ts";
import {
  describeOrigin,
  readCeiling,
  resolveFunction,
  resolveHost,
} from "../../../runtime/settings/resolve.ts";

/** The whole order, strongest first; each layer says another port. */
const LAYERS = [
  flagLayer({ "instances": "1" }),
  environmentLayer({ LAYOTTO_INSTANCES: "2" }),
  ...annotationLayers({ "f1.instances": "3", "instances": "4" }, "f1"),
  fileLayer("file", { instances: 5 }, "config.json: functions.f1."),
  fileLayer("file", { instances: 6 }, "config.json: settings."),
  fileLayer("node", { instances: 7 }, "/etc/layotto/config.json: settings."),
];

Deno.test("the first of flag, environment, container annotation, annotation, file, node and default wins", () => {
  const places = [
    ["--instances", "flag"],
    ["LAYOTTO_INSTANCES", "environment"],
    ["annotation layotto.mosn.io/f1.instances", "container annotation"],
    ["annotation layotto.mosn.io/instances", "annotation"],
    ["config.json: functions.f1.instances", "file"],
    ["config.json: settings.instances", "file"],
    ["/etc/layotto/config.json: settings.instances", "node"],
  ];
  for (const [i, [place, kind]] of places.entries()) {
    const { values, origins } = resolveFunction(LAYERS.slice(i));
    assert.equal(values.instances, i + 1);
    assert.deepEqual(origins.instances, { kind, place });
  }
  const { values, origins } = resolveFunction([]);
  assert.equal(values.instances, 0);
  assert.deepEqual(origins.instances, { kind: "default", place: "default" });
});

Deno.test("defaults are those of the design", () => {
  const { values } = resolveHost([]);
  assert.deepEqual(values, {
    "http-address": "0.0.0.0",
    "http-port": 2045,
    "admin-address": "127.0.0.1",
    "admin-port": 34998,
    "actuator-address": "0.0.0.0",
    "actuator-port": 34999,
    "api-port": 34904,
    "data": "",
    "config": "",
    "log-level": "info",
  });
});

Deno.test("the node's ceiling caps what anyone asks for, and the origin says so", () => {
  const place = "/etc/layotto/config.json: ceiling";
  const ceiling = readCeiling({ instances: 4, "body-limit": "1Mi" }, place);
  const { values, origins } = resolveFunction(
    [flagLayer({ instances: "9" })],
    ceiling,
  );
  assert.equal(values.instances, 4);
  assert.equal(values["body-limit"], 1024 * 1024, "a default is capped too");
  assert.equal(
    describeOrigin(origins.instances),
    "--instances asked for 9, capped by /etc/layotto/config.json: ceiling.instances",
  );
  const below = resolveFunction([flagLayer({ instances: "3" })], ceiling);
  assert.equal(below.values.instances, 3);
  assert.equal(below.origins.instances.capped, undefined);
});

Deno.test("a ceiling on what is no limit is an error that names it", () => {
  const limits = SETTINGS.filter((setting: Setting) => setting.ceiling)
    .map(({ name }) => JSON.stringify(name)).join(", ");
  assert.deepEqual(
    problemsOf(() => readCeiling({ instance: 4, "http-port": 1 }, "c")),
    [
      `c.instance: found "instance" (did you mean "instances"?), expected a limit, one of ${limits}`,
      `c.http-port: found "http-port", expected a limit, one of ${limits}`,
    ],
  );
});

Deno.test("unknown settings are errors that name the place and the nearest setting", () => {
  const problems = problemsOf(() =>
    resolveHost([
      flagLayer({ "htpp-port": "1" }),
      environmentLayer({ LAYOTTO_LOGLEVEL: "info" }),
      ...annotationLayers({ "f1.instnces": "1", "instance": "2" }),
      fileLayer("file", { "httpPort": 1 }, "config.json: settings."),
    ])
  );
  assert.deepEqual(problems, [
    '--htpp-port: found setting "htpp-port", which is none (did you mean "http-port"?)',
    'LAYOTTO_LOGLEVEL: found setting "loglevel", which is none (did you mean "log-level"?)',
    'annotation layotto.mosn.io/f1.instnces: found setting "instnces", which is none (did you mean "instances"?)',
    'annotation layotto.mosn.io/instance: found setting "instance", which is none (did you mean "instances"?)',
    'config.json: settings.httpPort: found setting "httpPort", which is none (did you mean "http-port"?)',
  ]);
});

Deno.test("a setting that resembles none lists them all", () => {
  const [problem] = problemsOf(() => resolveHost([flagLayer({ zzz: "" })]));
  assert.match(problem ?? "", /expected one of http-address, http-port, /);
});

Deno.test("bad values name place, found and expected, all at once", () => {
  assert.deepEqual(
    problemsOf(() =>
      resolveHost([
        flagLayer({ "http-port": "65536", "http-address": "a:80" }),
        fileLayer("file", { "log-level": "loud", "admin-port": true }, "c: "),
      ])
    ),
    [
      '--http-address: found "a:80", expected an IP address or host name, without a port',
      '--http-port: found "65536", expected a port, 0 to 65535',
      "c: admin-port: found true, expected a port, 0 to 65535",
      'c: log-level: found "loud", expected one of "trace", "debug", "info", "warn", "error", "critical"',
    ],
  );
});

Deno.test("numbers take units, and nothing else", () => {
  const read = (values: Record<string, unknown>) =>
    resolveFunction([fileLayer("file", values, "")]).values;
  assert.equal(read({ "request-timeout": "30s" })["request-timeout"], 30_000);
  assert.equal(read({ "request-timeout": 5 })["request-timeout"], 5);
  assert.equal(read({ "request-timeout": "2m" })["request-timeout"], 120_000);
  assert.equal(read({ "body-limit": "8Mi" })["body-limit"], 8 * 1024 * 1024);
  assert.equal(read({ "body-limit": "4KiB" })["body-limit"], 4096);
  assert.equal(read({ "body-limit": 0 })["body-limit"], 0);
  for (const bad of ["", "-1", "1.5", "1e3", "0x10", "1 s", "1d", 1.5, NaN]) {
    assert.throws(
      () => read({ "request-timeout": bad }),
      ConfigError,
      `${bad}`,
    );
  }
  for (const bad of ["1Ti", "1toString", "999999999999999Gi", null, {}]) {
    assert.throws(() => read({ "body-limit": bad }), ConfigError, `${bad}`);
  }
  for (const bad of [-1, 100001]) {
    assert.throws(() => read({ instances: bad }), ConfigError);
  }
});

Deno.test("an address is a name, an IPv4 or an IPv6 address", () => {
  const read = (address: string) =>
    resolveHost([flagLayer({ "http-address": address })]).values[
      "http-address"
    ];
  for (const good of ["0.0.0.0", "localhost", "::", "::1", "fe80::1%eth0"]) {
    assert.equal(read(good), good);
  }
  for (const bad of ["", "a:80", "[::1]", "1::2::3", "a b", "-a", ":", "a/b"]) {
    assert.throws(() => read(bad), ConfigError, bad);
  }
});

Deno.test("a configuration may be an object in a file, and is handed over as JSON", () => {
  const { values } = resolveFunction([
    fileLayer("file", { "plugin-configuration": { a: [1] } }, ""),
  ]);
  assert.equal(values["plugin-configuration"], '{"a":[1]}');
});

Deno.test("an annotation of another container is not taken", () => {
  const annotations = { "f2.instances": "3" };
  const { values } = resolveFunction(annotationLayers(annotations, "f1"));
  assert.equal(values.instances, 0);
});

Deno.test("a setting of the whole pod said of one container is an error", () => {
  assert.deepEqual(
    problemsOf(() => resolveHost(annotationLayers({ "f1.http-port": "1" }))),
    [
      "annotation layotto.mosn.io/f1.http-port: http-port is a setting of the whole pod, expected layotto.mosn.io/http-port",
    ],
  );
});

Deno.test("the addresses of a service called layotto are no settings", () => {
  const { values } = resolveHost([environmentLayer({
    LAYOTTO_SERVICE_HOST: "10.0.0.1",
    LAYOTTO_SERVICE_PORT: "80",
    LAYOTTO_SERVICE_PORT_HTTP: "80",
    LAYOTTO_PORT: "tcp://10.0.0.1:80",
    LAYOTTO_PORT_80_TCP: "tcp://10.0.0.1:80",
    LAYOTTO_PORT_80_TCP_PROTO: "tcp",
    LAYOTTO_PORT_80_TCP_ADDR: "10.0.0.1",
    LAYOTTO_HTTP_PORT: "tcp://10.0.0.1:80",
    LAYOTTO_ADMIN_PORT: "8080",
    PATH: "/bin",
  })]);
  assert.equal(values["http-port"], 2045);
  assert.equal(values["admin-port"], 8080);
});

Deno.test("variables of our own are left alone where they are named", () => {
  resolveHost([environmentLayer({ LAYOTTO_STAGE: "2" }, ["LAYOTTO_STAGE"])]);
  assert.throws(
    () => resolveHost([environmentLayer({ LAYOTTO_STAGE: "2" })]),
    ConfigError,
  );
});

Deno.test("one function can have its own log level", () => {
  const annotations = { "f1.log-level": "debug" };
  const f1 = resolveFunction(annotationLayers(annotations, "f1"));
  assert.equal(f1.values["log-level"], "debug");
  const host = resolveHost(annotationLayers(annotations));
  assert.equal(host.values["log-level"], "info");
});

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    assert(error instanceof ConfigError);
    return error.problems;
  }
  assert.fail("expected a ConfigError");
}
