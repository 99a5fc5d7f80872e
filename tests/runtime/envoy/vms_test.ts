/** Which plugins share a VM, and what one of them means for the others (ABI.md §8.1, wasm_test.cc). */
import assert from "node:assert/strict";
import { plugin, withEnvoy } from "./harness.ts";
import { file, HELLO, http, wasm } from "./yaml.ts";

/** Says how many roots its VM has with it, and takes every configuration but an empty one. */
const COUNTS = plugin({
  proxy_on_context_create: `(if (i32.eqz (local.get 1)) (then
    (global.set $roots (i32.add (global.get $roots) (i32.const 1)))))`,
  proxy_on_configure: `(call $say (i32.add (i32.const 48) (global.get $roots)))
    (i32.ne (local.get 1) (i32.const 0))`,
}, `(global $roots (mut i32) (i32.const 0))`);

/** A VM's own configuration, for `vmMore`. */
function vmConfiguration(value: string): string {
  return `configuration: { "@type": type.googleapis.com/google.protobuf.StringValue, value: "${value}" },`;
}

/** One plugin's name, and what it is made of. */
type Made = [name: string, path: string, vm: string, vmConfig: string];

const PLUGINS: Made[] = [
  ["base", "@one@", "a", "x"],
  ["same", "@one@", "a", "x"],
  ["other-id", "@one@", "b", "x"],
  ["other-configuration", "@one@", "a", "y"],
  ["other-code", "@two@", "a", "x"],
  ["same-again", "@one@", "a", "x"],
];

Deno.test("a VM is one for equal id, configuration and code, and each plugin is configured in it", () =>
  withEnvoy(
    file([http(
      "one",
      PLUGINS.map(([name, path, vm, value]) =>
        wasm(path, {
          root: name,
          vm,
          config: "c",
          vmMore: vmConfiguration(value),
        })
      ),
      [HELLO],
    )]),
    { one: COUNTS, two: COUNTS },
    async ({ url, log }) => {
      assert.equal(await (await fetch(url())).text(), "hello");
      const said = [...log().matchAll(/wasm log (\S+) [ab]: (\d)\n/g)]
        .map(([, name, roots]) => `${name} ${roots}`);
      assert.deepEqual(said, [
        "base 1",
        "same 2",
        "other-id 1",
        "other-configuration 1",
        "other-code 1",
        "same-again 3",
      ]);
    },
  ));

Deno.test("a configuration that a plugin refuses stops the start, whatever its VM took before", async () => {
  for (const refused of [0, 1, 2]) {
    const configs = [0, 1, 2].map((i) => i === refused ? "" : "taken");
    const filters = configs.map((config, i) =>
      wasm("@one@", { root: `root_${i}`, vm: "a", config })
    );
    await assert.rejects(
      withEnvoy(
        file([http("one", filters, [HELLO])]),
        { one: COUNTS },
        () => Promise.resolve(),
      ),
      new RegExp(`http_filters\\[${refused}\\].*proxy_on_configure answered 0`),
    );
  }
});

Deno.test("a plugin that fails takes those of its VM along to a new instance, and no other VM", () => {
  // Counts the requests of its VM, says the number, and fails at the third.
  const failing = plugin({
    proxy_on_request_headers:
      `(global.set $n (i32.add (global.get $n) (i32.const 1)))
      (call $say (i32.add (i32.const 48) (global.get $n)))
      (if (i32.eq (global.get $n) (i32.const 3)) (then unreachable))
      (i32.const 0)`,
  }, `(global $n (mut i32) (i32.const 0))`);
  const shared = { vm: "shared", config: "c" };
  return withEnvoy(
    file([
      http("one", [wasm("@f@", { ...shared, root: "one" })], [HELLO]),
      http("two", [wasm("@f@", { ...shared, root: "two" })], [HELLO]),
      http("three", [wasm("@f@", { vm: "own", root: "three" })], [HELLO]),
    ]),
    { f: failing },
    async ({ url, log }) => {
      const ask = async (listener: number) => {
        const response = await fetch(url(listener));
        await response.body?.cancel();
        return response.status;
      };
      const statuses = [];
      for (const listener of [0, 1, 2, 0, 1, 0, 2]) {
        statuses.push(await ask(listener));
      }
      assert.deepEqual(statuses, [200, 200, 200, 500, 200, 200, 200]);
      const said = [...log().matchAll(/wasm log (\w+) \w+: (\d)\n/g)]
        .map(([, name, count]) => `${name} ${count}`);
      assert.deepEqual(said, [
        ...["one 1", "two 2", "three 1", "one 3"],
        ...["two 1", "one 2", "three 2"],
      ]);
    },
  );
});
