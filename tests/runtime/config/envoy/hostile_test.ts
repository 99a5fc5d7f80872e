/** Any value in any place gives problems, never anything else. */
import assert from "node:assert/strict";
import { Check } from "../../../../runtime/config/check.ts";
import { readBootstrap } from "../../../../runtime/config/envoy/bootstrap.ts";
import { isEnvoyText } from "../../../../runtime/config/envoy/detect.ts";
import { ConfigError } from "../../../../runtime/settings/problems.ts";
import { parseYaml } from "../../../../runtime/config/envoy/yaml.ts";
import { type Json, OPTIONS, problemsOf } from "./files.ts";

const WRONG: unknown[] = [
  null,
  true,
  "",
  "x\n\0",
  [],
  [null],
  {},
  { "@type": "a/b" },
  { "@type": {} },
  { toString: "x", hasOwnProperty: 1 },
];

Deno.test("wrong values in every place are told and break nothing", () => {
  for (const name of ["http.yaml", "tcp.yaml"]) {
    const url = new URL(`../../../testdata/envoy/${name}`, import.meta.url);
    const whole = parseYaml(Deno.readTextFileSync(url));
    for (const path of placesIn(whole)) {
      for (const wrong of WRONG) {
        const file = structuredClone(JSON.parse(JSON.stringify(whole)));
        put(file, path, wrong);
        try {
          readBootstrap(new Check("e.yaml"), file, OPTIONS);
        } catch (error) {
          assert(
            error instanceof ConfigError,
            `${path.join(".")} = ${JSON.stringify(wrong)}: ${
              (error as Error).stack
            }`,
          );
        }
      }
    }
  }
});

/** The way to every value. */
function* placesIn(
  value: unknown,
  path: readonly string[] = [],
): Generator<readonly string[]> {
  if (path.length > 0) yield path;
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    yield* placesIn(item, [...path, key]);
  }
}

function put(file: Json, path: readonly string[], value: unknown): void {
  let at = file;
  for (const key of path.slice(0, -1)) at = at[key] as Json;
  at[path.at(-1) ?? ""] = value;
}

Deno.test("a list may not be longer than a file needs", async () => {
  const clusters = Array.from(
    { length: 10_001 },
    (_, i) => ({ name: `c${i}` }),
  );
  assert.deepEqual(await problemsOf({ static_resources: { clusters } }), [
    "static_resources.clusters: found 10001 items, expected at most 10000",
  ]);
});

Deno.test("a file of Envoy's is told from others", () => {
  const envoys = [
    '{"static_resources": {}}',
    '{"admin": {}, "staticResources": {}}',
    "static_resources:\n  listeners: []\n",
    "# one\n---\nadmin: {}\nstaticResources: {}\n",
    "{admin: 1, static_resources: {}}",
    '"static_resources": {}\n',
    "bootstrap_extensions: []\n",
  ];
  for (const text of envoys) assert(isEnvoyText(text), text);
  const others = [
    "",
    "{}",
    '{"functions": {"static_resources": "x.wasm"}}',
    '{"settings": {"plugin-configuration": {"static_resources": {}}}}',
    '["static_resources"]',
    "functions:\n  static_resources: x\n",
    "no_static_resources: 1\n",
    "static_resources",
  ];
  for (const text of others) assert(!isEnvoyText(text), text);
});
