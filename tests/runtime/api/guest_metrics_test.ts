import assert from "node:assert/strict";
import { span } from "../../abi/guests.ts";
import { sharedServices, SharedStore } from "../../../abi/mod.ts";
import {
  guestMetrics,
  MAX_GUEST_METRICS,
} from "../../../runtime/api/guest_metrics.ts";

const [COUNTER, GAUGE, HISTOGRAM] = [0, 1, 2] as const;

function defined(
  store: SharedStore,
  vmId: string,
  ...metrics: [0 | 1 | 2, string, ...bigint[]][]
): string {
  const services = sharedServices(store.open(vmId), 1, 1, () => {});
  for (const [type, name, ...values] of metrics) {
    const id = services.metrics.define(type, span(name));
    for (const value of values) services.metrics.record(id, value);
  }
  return guestMetrics(store.metrics());
}

Deno.test("no guest's metrics are no text", () => {
  assert.equal(defined(SharedStore.create(), "f"), "");
});

Deno.test("counters and gauges have their VM id; equal names are one family", () => {
  const store = SharedStore.create();
  defined(store, "f", [COUNTER, "hits", 3n, 4n], [GAUGE, "level", 9n, 2n]);
  assert.equal(
    defined(store, 'g"', [COUNTER, "hits", 2n ** 64n - 1n]),
    `# TYPE hits counter
hits{vm_id="f"} 7
hits{vm_id="g\\""} 18446744073709551615
# TYPE level gauge
level{vm_id="f"} 2
`,
  );
});

Deno.test("a histogram's buckets add up", () => {
  const lines = defined(
    SharedStore.create(),
    "f",
    [HISTOGRAM, "took", 0n, 7n, 10n, 4_000_000n],
  ).split("\n");
  assert.equal(lines[0], "# TYPE took histogram");
  assert.equal(lines[1], 'took_bucket{vm_id="f",le="0.5"} 1');
  assert.equal(lines[4], 'took_bucket{vm_id="f",le="10"} 3');
  assert.equal(lines[19], 'took_bucket{vm_id="f",le="3600000"} 3');
  assert.deepEqual(lines.slice(20), [
    'took_bucket{vm_id="f",le="+Inf"} 4',
    'took_sum{vm_id="f"} 4000017',
    'took_count{vm_id="f"} 4',
    "",
  ]);
});

Deno.test("a name that Prometheus does not take is made one, and stands in a label", () => {
  assert.equal(
    defined(
      SharedStore.create(),
      "f",
      [COUNTER, "header_value=a.b_reporter=x", 1n],
      [COUNTER, "header_value=a b_reporter=x", 2n],
      [GAUGE, "9", 3n],
      [GAUGE, "", 4n],
    ),
    `# TYPE header_value_a_b_reporter_x counter
header_value_a_b_reporter_x{vm_id="f",name="header_value=a.b_reporter=x"} 1
header_value_a_b_reporter_x{vm_id="f",name="header_value=a b_reporter=x"} 2
# TYPE _9 gauge
_9{vm_id="f",name="9"} 3
# TYPE _ gauge
_{vm_id="f",name=""} 4
`,
  );
});

Deno.test("no two families have one name, whatever guests call theirs, and none has one of ours", () => {
  const text = defined(
    SharedStore.create(),
    "f",
    [COUNTER, "a"],
    [GAUGE, "a"],
    [GAUGE, "a_gauge"],
    [HISTOGRAM, "b"],
    [COUNTER, "b"],
    [GAUGE, "b_count"],
    [COUNTER, "layotto_requests_total"],
  );
  const names = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  assert.deepEqual(names, [
    "b",
    "a",
    "b_counter",
    "guest_layotto_requests_total",
    "a_gauge",
    "b_count_gauge",
  ]);
  const lines = text.split("\n").map((line) => line.split(" ")[0]);
  assert.equal(new Set(lines.filter((line) => line !== "#")).size, 23 + 6);
});

Deno.test("the text is bounded", () => {
  const store = SharedStore.create();
  const long = "x".repeat(4000);
  const metrics = Array.from(
    { length: 2000 },
    (_, i): [0, string] => [COUNTER, `${long}${i}`],
  );
  const text = defined(store, "f", ...metrics);
  assert.ok(text.length < MAX_GUEST_METRICS + 20_000);
  assert.match(text, /\n# more metrics of guests are left out.*\n$/);
});
