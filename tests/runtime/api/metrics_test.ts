import assert from "node:assert/strict";
import { HostMetrics } from "../../../runtime/api/host_metrics.ts";
import { MAX_SERIES, Metrics } from "../../../runtime/api/metrics.ts";

Deno.test("a host's metrics are written in the Prometheus text format", () => {
  const metrics = new HostMetrics({
    instances: () => [["id_1", 2], ["id_2", 1]],
    memory: () => 1024,
  });
  metrics.count("id_1", 200, 0.25);
  metrics.count("id_1", 204, 0.5, 3);
  metrics.count("id_1", 500, 0.25);
  metrics.count("", 404, 0);
  assert.equal(
    metrics.write(),
    `# HELP layotto_requests_total HTTP requests answered, by function and class of status.
# TYPE layotto_requests_total counter
layotto_requests_total{function="id_1",code="2xx"} 4
layotto_requests_total{function="id_1",code="5xx"} 1
layotto_requests_total{function="",code="4xx"} 1
# HELP layotto_request_duration_seconds Time from a request's arrival to its answer.
# TYPE layotto_request_duration_seconds summary
layotto_request_duration_seconds_sum{function="id_1"} 1
layotto_request_duration_seconds_count{function="id_1"} 5
layotto_request_duration_seconds_sum{function=""} 0
layotto_request_duration_seconds_count{function=""} 1
# HELP layotto_function_instances Instances a function has.
# TYPE layotto_function_instances gauge
layotto_function_instances{function="id_1"} 2
layotto_function_instances{function="id_2"} 1
# HELP layotto_memory_bytes Resident memory of the host process.
# TYPE layotto_memory_bytes gauge
layotto_memory_bytes 1024
`,
  );
});

Deno.test("a function that is gone has no series, and its instances neither", () => {
  let instances: [string, number][] = [["f", 1]];
  const metrics = new HostMetrics({
    instances: () => instances,
    memory: () => 0,
  });
  metrics.count("f", 200, 1);
  assert.match(metrics.write(), /function="f"/);
  metrics.forget("f");
  instances = [];
  assert.doesNotMatch(metrics.write(), /function="f"/);
});

Deno.test("a label's value can end neither its quotes nor its line", () => {
  const metrics = new Metrics();
  metrics.counter("a_total", "Help.", ["l"]).with('"\n\\} 1\ud800').value = 1;
  assert.equal(
    metrics.write(),
    '# HELP a_total Help.\n# TYPE a_total counter\na_total{l="\\"\\n\\\\} 1\ufffd"} 1\n',
  );
});

Deno.test("series beyond the bound are counted together", () => {
  const metrics = new Metrics();
  const family = metrics.counter("a_total", "Help.", ["x", "y"]);
  for (let i = 0; i < MAX_SERIES * 2; i++) family.with(`${i}`, "y").value++;
  const lines = metrics.write().trimEnd().split("\n").slice(2);
  assert.equal(lines.length, MAX_SERIES + 1);
  assert.equal(lines.at(-1), `a_total{x="other",y="other"} ${MAX_SERIES}`);
});

Deno.test("labels that only look alike are different series", () => {
  const family = new Metrics().counter("a_total", "Help.", ["x", "y"]);
  family.with("a,b", "c").value = 1;
  assert.equal(family.with("a", "b,c").value, 0);
  assert.equal(family.with("a,b", "c").value, 1);
});

Deno.test("a name is declared once", () => {
  const metrics = new Metrics();
  metrics.counter("a_total", "Help.", []);
  assert.throws(() => metrics.gauge("a_total", "Help.", []), /declared twice/);
});
