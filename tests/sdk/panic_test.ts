/** A plugin that panics: what the log says of it (ABI.md §8.1, Trap). */
import assert from "node:assert/strict";
import { withDemo } from "../runtime/laptop/harness.ts";
import { guestPath } from "./build.ts";
import { withGuests } from "./sdk.ts";

/** Which of the plugin's own functions panics, as its language's names have it. */
const FUNCTIONS = {
  go: /OnHttpRequestHeaders/,
  rust: /on_http_request_headers/,
};

for (const [guest, name] of Object.entries(FUNCTIONS)) {
  withGuests(
    [guest],
    `a panic of the ${guest} plugin is logged with its message and a stack that names the plugin's function`,
    async () => {
      const modules = { "g.wasm": await Deno.readFile(await guestPath(guest)) };
      const functions = {
        g: { path: "g.wasm", "plugin-configuration": "trap" },
      };
      await withDemo({ modules, functions }, async ({ ask, logged }) => {
        assert.equal((await ask("/"))[0], 200);
        const [status] = await ask("/", { headers: { "x-trap": "yes" } });
        assert.equal(status, 500);
        assert.match(await logged(/wasm stack/), /asked to trap/);
        const line = (await logged(/wasm stack/)).split("\n").find((one) =>
          /wasm stack/.test(one)
        )!;
        assert.match(line, /level=error .*proxy_on_request_headers: .*unreach/);
        assert.match(line.slice(line.indexOf("wasm stack")), name);
        assert.equal((await ask("/"))[0], 200, "another instance serves");
      });
    },
  );
}
