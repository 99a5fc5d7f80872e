import assert from "node:assert/strict";
import { PluginInstance } from "../../abi/mod.ts";
import { missingImports } from "../../abi/module.ts";
import { bytes, options, RecordingHost, request } from "../abi/guests.ts";
import { withDemo } from "../runtime/laptop/harness.ts";
import { guestModule, guestPath } from "./build.ts";
import { PLUGINS, withGuests } from "./sdk.ts";

for (const guest of [...PLUGINS, "probe", "libc"]) {
  withGuests(
    [guest],
    `the ${guest} module links, starts and answers`,
    async () => {
      const module = await guestModule(guest);
      assert.deepEqual(missingImports(module), []);
      const host = new RecordingHost();
      const plugin = await PluginInstance.create(module, host, options());
      const answer = await plugin.handleHttp(request());
      assert.deepEqual([answer.status, answer.body.length], [200, 0]);
      await plugin.end();
    },
  );

  withGuests(
    [guest],
    `the ${guest} module serves behind layotto start`,
    async () => {
      const modules = { "g.wasm": await Deno.readFile(await guestPath(guest)) };
      await withDemo(
        { modules, functions: { g: "g.wasm" } },
        async ({ ask }) => {
          const post = { method: "POST", body: "a body" };
          assert.deepEqual(await ask("/"), [200, ""]);
          assert.deepEqual(await ask("/", post), [200, ""]);
        },
      );
    },
  );
}

for (const guest of PLUGINS) {
  withGuests(
    [guest],
    `the ${guest} plugin that refuses its configuration does not start`,
    async () => {
      const module = await guestModule(guest);
      const refuse = options({ pluginConfiguration: bytes("refuse") });
      await assert.rejects(
        PluginInstance.create(module, new RecordingHost(), refuse),
        { name: "PluginStartError", message: /proxy_on_configure answered 0/ },
      );
    },
  );
}

withGuests(
  ["libc"],
  "a C library finds its environment, clocks, random bytes and stdout",
  async () => {
    const module = await guestModule("libc");
    const host = new RecordingHost();
    const env = options({ env: ["GREETING=hello there"] });
    const plugin = await PluginInstance.create(module, host, env);
    await plugin.handleHttp(request());
    assert.equal(
      host.stdout,
      "greeting: hello there\ntime: 1, random: 1\ntwo lines\nin one write\n",
    );
    assert.equal(host.stderr, "to stderr\n");
  },
);

withGuests(
  ["rust"],
  "calls between guest and host are in the log at the level debug, and not above",
  async () => {
    const modules = { "g.wasm": await Deno.readFile(await guestPath("rust")) };
    const said = (level: string) => {
      const functions = { g: { path: "g.wasm", "log-level": level } };
      return new Promise<string>((resolve, reject) =>
        withDemo({ modules, functions }, async ({ ask, log }) => {
          await ask("/shop");
          resolve(log());
        }).catch(reject)
      );
    };
    const call = /proxy_get_header_map_value\(0, .*:path.*\) -> 0 .*\/shop/;
    assert.match(await said("debug"), call);
    assert.doesNotMatch(await said("info"), call);
  },
);
