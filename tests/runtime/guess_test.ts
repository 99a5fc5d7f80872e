import assert from "node:assert/strict";
import { guessAddress } from "../../runtime/guess.ts";
import {
  annotationLayers,
  environmentLayer,
} from "../../runtime/settings/layers.ts";
import { resolveHost } from "../../runtime/settings/resolve.ts";

/** What the host itself makes of the same, once it has loaded its settings. */
function resolved(
  env: Record<string, string>,
  annotations: Record<string, string>,
): string {
  const { values } = resolveHost([
    environmentLayer(env),
    ...annotationLayers(annotations),
  ]);
  return `${values["http-address"]}:${values["http-port"]}`;
}

const ENVIRONMENTS: Record<string, string>[] = [
  {},
  { LAYOTTO_HTTP_PORT: "9000", PATH: "/bin" },
  { LAYOTTO_HTTP_ADDRESS: "127.0.0.2" },
];

const ANNOTATIONS: Record<string, string>[] = [
  {},
  { "http-port": "80" },
  { "http-address": "127.0.0.1", "http-port": "8080" },
];

Deno.test("the guess is what the settings say where no file says anything", () => {
  for (const env of ENVIRONMENTS) {
    const entries = Object.entries(env).map(([name, value]) =>
      `${name}=${value}`
    );
    for (const annotations of ANNOTATIONS) {
      assert.equal(
        guessAddress(entries, annotations),
        resolved(env, annotations),
      );
    }
  }
});
