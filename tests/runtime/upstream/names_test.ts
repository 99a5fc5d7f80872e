import assert from "node:assert/strict";
import { clusterOf } from "../../../runtime/upstream/cluster_config.ts";
import { reachOf } from "../../../runtime/upstream/names.ts";
import { parseTarget } from "../../../runtime/upstream/target.ts";

const web = clusterOf(parseTarget("http://10.0.0.1:80")!);
const db = clusterOf(parseTarget("tcp://10.0.0.1:5432")!);
const clusters = { web, db };

Deno.test("a function may call every HTTP cluster and what its settings permit, and nothing else", () => {
  const { reach, own } = reachOf(
    { upstream: "", calls: "api:8080, https://b.example " },
    clusters,
  );
  assert.deepEqual(reach, {
    names: ["web", "api:8080", "https://b.example"],
  });
  assert.deepEqual(Object.keys(own), ["api:8080", "https://b.example"]);
});

Deno.test("a function's upstream is an address or a cluster, of HTTP or of TCP", () => {
  const of = (upstream: string) =>
    reachOf({ upstream, calls: "" }, clusters).reach.upstream;
  assert.equal(of(""), undefined);
  assert.deepEqual(of("web"), { kind: "http", name: "web" });
  assert.deepEqual(of("db"), { kind: "tcp", name: "db" });
  assert.deepEqual(of("tcp://h:1"), { kind: "tcp", name: "tcp://h:1" });
  assert.deepEqual(of("http://h:1"), { kind: "http", name: "http://h:1" });
});

Deno.test("an upstream that is no cluster is an error that lists those there are", () => {
  assert.throws(
    () => reachOf({ upstream: "wep", calls: "" }, clusters),
    /setting upstream: found "wep", expected .* a cluster of the configuration \(web, db\)/,
  );
});
