import assert from "node:assert/strict";
import {
  inspectModule,
  missingImports,
  PluginInstance,
  runCommand,
  UnknownImportError,
} from "../../abi/mod.ts";
import { moduleOf, options, RecordingHost, request } from "./guests.ts";
import { DRAFTS, passThrough, PROXY_WASM, WASI } from "./signatures.ts";

/** A module that imports all these functions and exports the marker of `version`. */
function importing(
  parts: [module: string, table: Record<string, string>][],
  exports: string,
): WebAssembly.Module {
  const imports = parts.flatMap(([module, table]) =>
    Object.entries(table).map(([name, signature]) =>
      passThrough(module, name, signature).imported.replace(
        `$${name}`,
        `$${module}_${name}`,
      )
    )
  );
  return moduleOf(
    `(module ${imports.join("\n")} (memory (export "memory") 1) ${exports})`,
  );
}

for (const version of ["0_1_0", "0_2_0", "0_2_1", "0_2_100", "0_x_x"]) {
  Deno.test(`a plugin of version ${version} that imports every function links, under both WASI names`, async () => {
    const module = importing(
      [
        ["env", { ...PROXY_WASM, ...DRAFTS }],
        ["wasi_snapshot_preview1", WASI],
        ["wasi_unstable", WASI],
      ],
      `(func (export "proxy_abi_version_${version}"))`,
    );
    assert.deepEqual(missingImports(module), []);
    assert.equal(inspectModule(module).kind, "proxy-wasm");
    const host = new RecordingHost();
    await PluginInstance.create(module, host, options());
    assert.deepEqual(host.lines, [], "nothing is said of what is not called");
  });
}

Deno.test("a command that imports all of WASI links", async () => {
  const module = importing(
    [["wasi_snapshot_preview1", WASI], ["wasi_unstable", WASI]],
    `(func (export "_start"))`,
  );
  const info = inspectModule(module);
  assert.equal(info.kind, "command");
  assert.equal(info.abiVersion, undefined);
  assert.equal(
    await runCommand(module, new RecordingHost(), { args: [], env: [] }),
    0,
  );
});

Deno.test("a module says what it is", () => {
  const plugin = moduleOf(`(module
    (import "env" "proxy_log" (func (param i32 i32 i32) (result i32)))
    (import "env" "proxy_redis_init" (func (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "proxy_get_id"))
    (func (export "_initialize")) (func (export "_start")))`);
  assert.deepEqual(inspectModule(plugin), {
    kind: "proxy-wasm",
    abiVersion: "0.2.0",
    exportsGetId: true,
    start: "_initialize",
    imports: ["env.proxy_log", "env.proxy_redis_init"],
    unknownImports: ["env.proxy_redis_init"],
    functions: [
      "proxy_abi_version_0_2_0",
      "proxy_get_id",
      "_initialize",
      "_start",
    ],
    suspends: false,
  });
  const library = inspectModule(moduleOf(`(module (func (export "add")))`));
  assert.equal(library.kind, "library");
  assert.equal(library.start, "none");
});

Deno.test("only a module that imports a call that waits suspends", () => {
  const info = (name: string, params: string) =>
    inspectModule(moduleOf(`(module
      (import "env" "${name}" (func (param ${params}) (result i32)))
      (func (export "proxy_abi_version_0_2_0")))`));
  assert.equal(info("proxy_log", "i32 i32 i32").suspends, false);
  assert.equal(
    info("proxy_get_state", "i32 i32 i32 i32 i32 i32").suspends,
    true,
  );
});

Deno.test("every import that nobody provides is named with its kind", async () => {
  const module = moduleOf(`(module
    (import "env" "proxy_log" (func (param i32 i32 i32) (result i32)))
    (import "env" "my_function" (func))
    (import "env" "constructor" (func))
    (import "other" "proxy_log" (func))
    (import "env" "memory" (memory 1))
    (import "env" "table" (table 1 funcref))
    (import "env" "proxy_global" (global i32))
    (import "wasi_snapshot_preview2" "fd_read" (func))
    (import "__proto__" "x" (func))
    (func (export "proxy_abi_version_0_2_0")))`);
  const names = [
    "env.my_function (function)",
    "env.constructor (function)",
    "other.proxy_log (function)",
    "env.memory (memory)",
    "env.table (table)",
    "env.proxy_global (global)",
    "wasi_snapshot_preview2.fd_read (function)",
    "__proto__.x (function)",
  ];
  assert.deepEqual(missingImports(module), names);
  await assert.rejects(
    PluginInstance.create(module, new RecordingHost(), options()),
    (error) => {
      assert.ok(error instanceof UnknownImportError);
      assert.deepEqual(error.imports, names);
      for (const name of names) assert.ok(error.message.includes(name));
      return true;
    },
  );
});

Deno.test("a stub answers 12 and says its name once", async () => {
  const module = moduleOf(`(module
    (import "env" "proxy_redis_init" (func $a (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (if (i32.ne (call $a) (i32.const 12)) (then unreachable))
      (i32.const 0)))`);
  const host = new RecordingHost();
  const plugin = await PluginInstance.create(module, host, options());
  await plugin.handleHttp(request());
  await plugin.handleHttp(request());
  assert.equal(host.logged.length, 1);
  assert.match(host.lines[0]!, /env\.proxy_redis_init/);
});

Deno.test("so does one of WASI with 52, under both names", async () => {
  for (const name of ["wasi_snapshot_preview1", "wasi_unstable"]) {
    const module = moduleOf(`(module
      (import "${name}" "sock_open" (func $a (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (if (i32.ne (call $a (i32.const 0) (i32.const 0)) (i32.const 52))
          (then unreachable))
        (drop (call $a (i32.const 0) (i32.const 0)))))`);
    const host = new RecordingHost();
    assert.equal(await runCommand(module, host, { args: [], env: [] }), 0);
    assert.equal(host.lines.length, 1);
    assert.match(host.lines[0]!, new RegExp(`${name}\\.sock_open`));
  }
});

Deno.test("AssemblyScript's abort says where and ends the guest; its strings are UTF-16", async () => {
  const module = moduleOf(`(module
    (import "env" "abort" (func $abort (param i32 i32 i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 12) "\\04\\00\\00\\00n\\00o\\00")
    (data (i32.const 28) "\\08\\00\\00\\00a\\00.\\00t\\00s\\00")
    (func (export "_start")
      (call $abort (i32.const 16) (i32.const 32) (i32.const 3) (i32.const 9))))`);
  const host = new RecordingHost();
  await assert.rejects(runCommand(module, host, { args: [], env: [] }), {
    name: "GuestTrap",
    callback: "_start",
  });
  assert.deepEqual(host.lines, ["5 abort: no at a.ts:3:9"]);
});

Deno.test("what is not among the allowed capabilities links and fails, and callbacks are not called", async () => {
  const wat = `(module
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (import "env" "proxy_get_status" (func $status (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_0"))
    (func $say (param i32)
      (i32.store8 (i32.const 0) (i32.add (i32.const 48) (local.get 0)))
      (drop (call $log (i32.const 2) (i32.const 0) (i32.const 1))))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (call $say (i32.sub (call $status (i32.const 8) (i32.const 12) (i32.const 16)) (i32.const 8)))
      (call $say (i32.sub (call $random (i32.const 32) (i32.const 4)) (i32.const 70)))
      (i32.const 0))
    (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
      unreachable))`;
  const host = new RecordingHost();
  const plugin = await PluginInstance.create(
    moduleOf(wat),
    host,
    options({ capabilities: ["proxy_log", "proxy_on_request_headers"] }),
  );
  assert.equal((await plugin.handleHttp(request())).status, 200);
  const said = host.lines;
  assert.match(said[0]!, /proxy_get_status, which is not among/);
  assert.equal(said[1], "2 2", "10 less 8");
  assert.match(said[2]!, /random_get, which is not among/);
  assert.equal(said[3], "2 6", "76 less 70");
});
