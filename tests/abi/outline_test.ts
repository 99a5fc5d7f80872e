/** What a module's exports say of it (ABI.md §8.1, getAbiVersion). */
import assert from "node:assert/strict";
import { inspectModule, PluginInstance } from "../../abi/mod.ts";
import { moduleOf, options, RecordingHost } from "./guests.ts";

/** Marker exports, and the ABI they stand for. */
const MARKERS: [names: string[], version: string | undefined][] = [
  [["proxy_abi_version_0_1_0"], "0.1.0"],
  [["proxy_abi_version_0_2_0"], "0.2.0"],
  [["proxy_abi_version_0_2_1"], "0.2.1"],
  // A vendor's and the draft's: more than 0.2.0, so what is newest here.
  [["proxy_abi_version_0_2_100"], "0.2.1"],
  [["proxy_abi_version_0_x_x"], "0.2.1"],
  [["proxy_abi_version_0_2_1", "proxy_abi_version_0_1_0"], "0.2.1"],
  [["proxy_abi_version_0_1_0", "proxy_abi_version_0_2_0"], "0.2.0"],
  [["proxy_abi_version_"], undefined],
  [["proxy_abi_version"], undefined],
  [["my_proxy_abi_version_0_2_0"], undefined],
  [[], undefined],
];

for (const [names, version] of MARKERS) {
  Deno.test(`a module that exports ${names.join(" and ") || "no marker"} is of ABI version ${version}`, () => {
    const functions = names.map((name) => `(func (export "${name}"))`);
    const info = inspectModule(moduleOf(`(module ${functions.join(" ")})`));
    assert.equal(info.abiVersion, version);
    assert.equal(info.kind, version ? "proxy-wasm" : "library");
  });
}

Deno.test("a marker is a function: a global or a memory of that name is none", () => {
  const name = "proxy_abi_version_0_2_0";
  for (
    const other of [
      "(global (export $) i32 (i32.const 0))",
      "(memory (export $) 1)",
    ]
  ) {
    const module = moduleOf(`(module ${other.replace("$", `"${name}"`)})`);
    assert.equal(inspectModule(module).abiVersion, undefined);
  }
});

Deno.test("a marker is never called", async () => {
  const module = moduleOf(`(module (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_0") unreachable))`);
  await PluginInstance.create(module, new RecordingHost(), options());
});
