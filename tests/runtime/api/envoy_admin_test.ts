/** Wordings here are those of Envoy 1.40. */
import assert from "node:assert/strict";
import {
  type EnvoyAdminSource,
  handleEnvoyAdmin,
} from "../../../runtime/api/envoy_admin.ts";
import { Histogram } from "../../../runtime/api/envoy_histogram.ts";
import type { EnvoyStat } from "../../../runtime/api/envoy_stats.ts";

const STATS: EnvoyStat[] = [
  { kind: "counter", name: "http.s.downstream_rq_2xx", value: 5 },
  { kind: "counter", name: "cluster.c.upstream_rq_total", value: 0 },
  { kind: "gauge", name: "server.live", value: 1 },
  { kind: "counter", name: "wasmcustom.my.counter", value: 2n ** 63n },
  { kind: "gauge", name: "wasmcustom.my_gauge", value: 0, used: true },
];

function source(more: Partial<EnvoyAdminSource> = {}): EnvoyAdminSource {
  return {
    listeners: () => [
      { name: "l", host: "127.0.0.1", port: 19902 },
      { name: "", host: "::1", port: 80 },
    ],
    state: () => "LIVE",
    stats: () => STATS,
    node: { id: "n", cluster: "c" },
    version: "1",
    uptime: () => 2500,
    configPath: "envoy.yaml",
    ...more,
  };
}

async function get(
  path: string,
  from: EnvoyAdminSource = source(),
): Promise<{ status: number; type: string | null; text: string }> {
  const response = handleEnvoyAdmin(new Request(`http://h${path}`), from);
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    text: await response.text(),
  };
}

function histogram(...values: number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

Deno.test("/ready says the state, and 503 while it is not LIVE", async () => {
  assert.deepEqual(await get("/ready"), {
    status: 200,
    type: "text/plain; charset=UTF-8",
    text: "LIVE\n",
  });
  const draining = await get("/ready", source({ state: () => "DRAINING" }));
  assert.deepEqual([draining.status, draining.text], [503, "DRAINING\n"]);
});

Deno.test("/listeners is text or JSON", async () => {
  assert.equal(
    (await get("/listeners")).text,
    "l::127.0.0.1:19902\n::[::1]:80\n",
  );
  const json = await get("/listeners?format=json");
  assert.equal(json.type, "application/json");
  assert.equal(
    json.text,
    `{
 "listener_statuses": [
  {
   "name": "l",
   "local_address": {
    "socket_address": {
     "address": "127.0.0.1",
     "port_value": 19902
    }
   }
  },
  {
   "name": "",
   "local_address": {
    "socket_address": {
     "address": "::1",
     "port_value": 80
    }
   }
  }
 ]
}
`,
  );
});

Deno.test("/stats has a line for each, sorted, and picks by filter, use and type", async () => {
  assert.equal(
    (await get("/stats")).text,
    "cluster.c.upstream_rq_total: 0\nhttp.s.downstream_rq_2xx: 5\nserver.live: 1\n" +
      "wasmcustom.my.counter: 9223372036854775808\nwasmcustom.my_gauge: 0\n",
  );
  assert.equal(
    (await get("/stats?filter=^http|live$")).text,
    "http.s.downstream_rq_2xx: 5\nserver.live: 1\n",
  );
  assert.equal(
    (await get("/stats?usedonly&type=Counters")).text,
    "http.s.downstream_rq_2xx: 5\nwasmcustom.my.counter: 9223372036854775808\n",
  );
  assert.equal((await get("/stats?type=TextReadouts")).text, "");
});

Deno.test("/stats as JSON keeps 64 bits", async () => {
  const { type, text } = await get("/stats?format=json&filter=my");
  assert.equal(type, "application/json");
  assert.equal(
    text,
    '{"stats":[{"name":"wasmcustom.my.counter","value":9223372036854775808},{"name":"wasmcustom.my_gauge","value":0}]}',
  );
});

Deno.test("/stats/prometheus has types, labels, and plugins' own names as they are", async () => {
  const expected = `# TYPE envoy_cluster_upstream_rq_total counter
envoy_cluster_upstream_rq_total{envoy_cluster_name="c"} 0
# TYPE envoy_http_downstream_rq_xx counter
envoy_http_downstream_rq_xx{envoy_response_code_class="2",envoy_http_conn_manager_prefix="s"} 5
# TYPE my_counter counter
my_counter{} 9223372036854775808
# TYPE envoy_server_live gauge
envoy_server_live{} 1
# TYPE my_gauge gauge
my_gauge{} 0
`;
  assert.equal((await get("/stats/prometheus")).text, expected);
  assert.equal((await get("/stats?format=prometheus")).text, expected);
});

Deno.test("names become labels as Envoy makes them", async () => {
  const cases: Record<string, string> = {
    "listener.127.0.0.1_80.downstream_cx_total":
      'envoy_listener_downstream_cx_total{envoy_listener_address="127.0.0.1_80"}',
    "listener.127.0.0.1_80.http.s.downstream_rq_2xx":
      'envoy_listener_http_downstream_rq_xx{envoy_response_code_class="2",envoy_http_conn_manager_prefix="s",envoy_listener_address="127.0.0.1_80"}',
    "listener.admin.downstream_cx_total":
      "envoy_listener_admin_downstream_cx_total{}",
    "cluster.c.upstream_rq_503":
      'envoy_cluster_upstream_rq{envoy_response_code="503",envoy_cluster_name="c"}',
    "wasm.envoy.wasm.runtime.v8.created":
      "envoy_wasm_envoy_wasm_runtime_v8_created{}",
    "wasmcustom.0 x\n": "_0_x_{}",
  };
  for (const [name, expected] of Object.entries(cases)) {
    const stats = () => [{ kind: "counter" as const, name, value: 1 }];
    const { text } = await get("/stats/prometheus", source({ stats }));
    assert.equal(text.split("\n")[1], `${expected} 1`, name);
  }
});

Deno.test("histograms have quantiles, and buckets for Prometheus", async () => {
  const name = "wasmcustom.my hist";
  const stats = (values: Histogram) => () => [
    { kind: "histogram" as const, name, values },
  ];
  const none = source({ stats: stats(histogram()) });
  assert.equal(
    (await get("/stats", none)).text,
    `${name}: No recorded values\n`,
  );
  assert.match(
    (await get("/stats?format=json", none)).text,
    /"cumulative":null/,
  );
  const some = source({ stats: stats(histogram(7, 7, 7, 7, 7, 7)) });
  assert.match(
    (await get("/stats", some)).text,
    /^wasmcustom\.my hist: P0\(nan,7\.01428571428571\d*\) P25\(nan,7\.0285714285714\d*\) .* P100\(nan,7\.0857142857142\d*\)\n$/,
  );
  const { text } = await get("/stats/prometheus", some);
  assert.match(
    text,
    /^# TYPE my_hist histogram\nmy_hist_bucket\{le="0.5"\} 0\n/,
  );
  assert.match(
    text,
    /my_hist_bucket\{le="5"\} 0\nmy_hist_bucket\{le="10"\} 6\n/,
  );
  assert.match(
    text,
    /\{le="\+Inf"\} 6\nmy_hist_sum\{\} 42\nmy_hist_count\{\} 6\n$/,
  );
});

Deno.test("a histogram keeps values of any size to a percent", () => {
  for (const value of [0, 0.0031, 0.5, 1, 9.9, 10, 99, 100, 12345, 1e15]) {
    const found = histogram(value).quantile(50);
    assert(Math.abs(found - value) <= value / 10, `${value} became ${found}`);
  }
  assert.equal(histogram().quantile(50), NaN);
});

Deno.test("what is asked wrongly is told", async () => {
  const format = await get("/stats?format=foo");
  assert.deepEqual([format.status, format.text], [
    400,
    "usage: /stats?format=(json|prometheus|text)\n\n",
  ]);
  const type = await get("/stats?type=foo");
  assert.deepEqual([type.status, type.text], [400, "invalid &type= param"]);
  const filter = await get("/stats?filter=(");
  assert.equal(filter.status, 400);
  assert.match(filter.text, /^Invalid re2 regex: missing \)/);
  for (const path of ["/nope", "/stats/", "/ready/x"]) {
    const { status, text } = await get(path);
    assert.equal(status, 404);
    assert.match(text, /^invalid path\. admin commands are:\n {2}\/help: /);
  }
  assert.match((await get("/help")).text, /^admin commands are:\n/);
});

Deno.test("a plugin's name of a statistic forges no line", async () => {
  const stats = () => [{
    kind: "counter" as const,
    name: 'wasmcustom.a: 1\nserver.live"\ud800',
    value: 0,
  }];
  const { text } = await get("/stats", source({ stats }));
  assert.equal(text.split("\n").length, 2);
  JSON.parse((await get("/stats?format=json", source({ stats }))).text);
});

Deno.test("/server_info says who this is", async () => {
  const { text } = await get("/server_info");
  const info = JSON.parse(text);
  assert.equal(info.state, "LIVE");
  assert.equal(info.uptime_current_epoch, "2s");
  assert.deepEqual(info.node, { id: "n", cluster: "c" });
  assert.equal(info.command_line_options.config_path, "envoy.yaml");
});
