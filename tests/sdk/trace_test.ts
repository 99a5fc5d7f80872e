/**
 * What passes between each guest and the host, call by call, against `golden/<guest>-<stimulus>.trace`.
 * `UPDATE_TRACES=1 deno test -A tests/sdk/trace_test.ts` writes these files again.
 */
import assert from "node:assert/strict";
import { createSharedServices, PluginInstance } from "../../abi/mod.ts";
import type { GuestRequest } from "../../abi/host.ts";
import { bytes, options, RecordingHost, request } from "../abi/guests.ts";
import { guestModule } from "./build.ts";
import { PLUGINS, withGuests } from "./sdk.ts";

const update = Deno.env.get("UPDATE_TRACES") === "1";

const POST: Partial<GuestRequest> = {
  method: "POST",
  path: "/shop?a=b",
  headers: [["host", "example.org"], ["content-length", "5"], ["x-one", "1"]],
  body: bytes("hello"),
  bodyIsReal: true,
};

const GET: Partial<GuestRequest> = {
  path: "/shop?a=b",
  headers: [["host", "example.org"], ["x-one", "1"], ["x-two", "2"]],
};

/** Configurations, and what is asked. */
const STIMULI: [configuration: string, asked: Partial<GuestRequest>][] = [
  ["headers", GET],
  ["log", POST],
  ["local request_headers", GET],
  ["local request_body", POST],
  ["properties", GET],
];

/** For which the AssemblyScript SDK has no calls. */
const MORE: typeof STIMULI = [
  ["body append", POST],
  ["body replace", POST],
  ["counter", GET],
  ["queue", GET],
  ["metrics", GET],
];

for (const guest of PLUGINS) {
  const stimuli = guest === "assemblyscript" ? STIMULI : [...STIMULI, ...MORE];
  for (const [configuration, asked] of stimuli) {
    const name = `${guest}-${configuration.replace(/[ _]/g, "-")}`;
    withGuests(
      [guest],
      `the calls of ${name} are those of its golden file`,
      async () => {
        const lines = await trace(guest, configuration, asked);
        const file = new URL(`golden/${name}.trace`, import.meta.url);
        if (update) await Deno.writeTextFile(file, lines);
        assert.equal(lines, await Deno.readTextFile(file));
      },
    );
  }
}

/** A start, one exchange and the end, as lines. */
async function trace(
  guest: string,
  configuration: string,
  asked: Partial<GuestRequest>,
): Promise<string> {
  const lines: string[] = [];
  const settings = options({
    vmConfiguration: bytes("the machine"),
    pluginConfiguration: bytes(configuration),
  });
  const plugin = await PluginInstance.create(
    await guestModule(guest),
    new RecordingHost(),
    settings,
    {
      trace: (line) => lines.push(line),
      shared: createSharedServices(({ root }, queue) =>
        plugin.queueReady(queue, root)
      ),
    },
  );
  await plugin.handleHttp(request(asked));
  await plugin.end();
  // What a language's runtime asks of WASI is its own business, and full of addresses.
  return lines.filter((line) => /^ *proxy_/.test(line)).join("\n") + "\n";
}
