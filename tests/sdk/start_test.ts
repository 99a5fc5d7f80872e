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

/** What each SDK makes of values that are empty and of what is not there; Rust's later ones read a header `Some("")`. */
const NOTHING: Record<string, string[]> = {
  go: [
    'header "", found: true',
    "trailers 0, found: true",
    'body "", found: false',
    'property "", found: true',
    'data "", found: true',
  ],
  rust: [
    "header None",
    "trailers []",
    "body None",
    "property None",
    "data None",
  ],
  assemblyscript: ['header ""', "trailers 0", "body 0", "property 0"],
};

for (const guest of PLUGINS) {
  withGuests(
    [guest],
    `the ${guest} SDK reads values that are empty, and none where there is none (trap 12)`,
    async () => {
      const host = new RecordingHost();
      // Without what AssemblyScript's SDK says of itself.
      host.level = 2;
      const plugin = await PluginInstance.create(
        await guestModule(guest),
        host,
        options({ pluginConfiguration: bytes("nothing") }),
      );
      host.logged.length = 0;
      await plugin.handleHttp(request({ headers: [["x-empty", ""]] }));
      assert.deepEqual(
        host.logged.map(([, line]) => line),
        NOTHING[guest],
      );
    },
  );
}
