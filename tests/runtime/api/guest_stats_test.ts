import assert from "node:assert/strict";
import { span } from "../../abi/guests.ts";
import { sharedServices, SharedStore } from "../../../abi/mod.ts";
import {
  statsPrometheus,
  statsText,
} from "../../../runtime/api/envoy_stats.ts";
import { guestStats } from "../../../runtime/api/guest_stats.ts";

/** A store in which two VM ids count metrics of the same names. */
function counted(): SharedStore {
  const store = SharedStore.create();
  for (const vmId of ["", "other"]) {
    const { metrics } = sharedServices(store.open(vmId), 1, 1, () => {});
    const define = (type: 0 | 1 | 2, name: string) =>
      metrics.define(type, span(name));
    metrics.increment(define(0, "hits.a-b"), 3n);
    metrics.record(define(1, "level"), 5n);
    for (const sample of [1n, 5n, 250n]) {
      metrics.record(define(2, "took"), sample);
    }
  }
  return store;
}

Deno.test("plugins' metrics are statistics in Envoy's namespace for them, one of each name", () => {
  const text = statsText(guestStats(counted().metrics()));
  assert.match(
    text,
    /^wasmcustom\.hits\.a-b: 6\nwasmcustom\.level: 10\nwasmcustom\.took: P0\(nan,1/,
  );
});

Deno.test("for Prometheus they have their own names, and histograms Envoy's buckets", () => {
  const text = statsPrometheus(guestStats(counted().metrics()));
  assert.match(text, /^# TYPE hits_a_b counter\nhits_a_b\{\} 6\n/);
  assert.match(text, /\n# TYPE level gauge\nlevel\{\} 10\n/);
  assert.match(text, /\ntook_bucket\{le="10"\} 4\n/);
  assert.match(text, /\ntook_bucket\{le="\+Inf"\} 6\n/);
  assert.match(text, /\ntook_sum\{\} 512\ntook_count\{\} 6\n$/);
});
