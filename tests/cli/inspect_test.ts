import assert from "node:assert/strict";
import loadWabt from "wabt";
import { readMemories } from "../../cli/inspect/memory.ts";
import { inFolder, layotto } from "./run.ts";

async function assemble(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const wabt = await loadWabt();
  const module = wabt.parseWat("test.wat", text, {
    memory64: true,
    threads: true,
  });
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

Deno.test("inspect tells what a module is, and which imports nobody provides", () =>
  inFolder(async (folder) => {
    const bytes = await assemble(`(module
      (import "env" "proxy_log" (func (param i32 i32 i32) (result i32)))
      (import "env" "no_such_call" (func))
      (import "elsewhere" "thing" (global i32))
      (memory (export "memory") 2 9)
      (func (export "proxy_abi_version_0_2_1"))
      (func (export "proxy_get_id")))`);
    await Deno.writeFile(`${folder}/f.wasm`, bytes);
    const { code, stdout } = await layotto(["inspect", "f.wasm"], {
      cwd: folder,
    });
    assert.equal(code, 0);
    assert.match(
      stdout,
      new RegExp(`^file +f.wasm, ${bytes.length} bytes$`, "m"),
    );
    assert.match(stdout, /^kind +proxy-wasm plugin$/m);
    assert.match(stdout, /^ABI +0\.2\.1$/m);
    assert.match(stdout, /^id +what proxy_get_id says/m);
    assert.match(stdout, /^memory +2 pages \(128 KiB\), at most 9 pages/m);
    assert.match(stdout, /^exports +proxy_abi_version_0_2_1$/m);
    assert.match(stdout, /env\.proxy_log$/m);
    assert.match(stdout, /env\.no_such_call +(UNKNOWN|unknown)/);
    assert.match(stdout, /elsewhere\.thing +UNKNOWN: nobody provides it/);
    assert.match(stdout, /^runs here +no/m);
  }));

Deno.test("inspect tells a command from a plugin", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(
      `${folder}/c.wasm`,
      await assemble(`(module (func (export "_start")))`),
    );
    const { stdout } = await layotto(["inspect", `${folder}/c.wasm`]);
    assert.match(stdout, /^kind +command/m);
    assert.match(stdout, /^memory +none$/m);
    assert.match(stdout, /^imports +none$/m);
    assert.match(stdout, /^runs here +yes$/m);
  }));

Deno.test("inspect refuses what is no module, naming it, status 1", () =>
  inFolder(async (folder) => {
    const whole = await assemble(`(module (func (export "f") (nop)))`);
    await Deno.writeFile(`${folder}/cut.wasm`, whole.subarray(0, -3));
    await Deno.writeTextFile(`${folder}/text.wasm`, "#!/bin/sh");
    await Deno.writeTextFile(`${folder}/empty.wasm`, "");
    for (
      const [file, told] of [
        ["cut.wasm", /not a valid WebAssembly module/],
        ["text.wasm", /not WebAssembly: found bytes 23 21/],
        ["empty.wasm", /not WebAssembly: found an empty file/],
        ["absent.wasm", /there is no such file/],
        [".", /found no file/],
      ] as const
    ) {
      const { code, stderr } = await layotto(["inspect", file], {
        cwd: folder,
      });
      assert.equal(code, 1, stderr);
      assert(stderr.startsWith(`layotto inspect: ${file}: `), stderr);
      assert.match(stderr, told);
    }
  }));

Deno.test("the limits of a memory are read, also behind every kind of import", async () => {
  const imports = `(type (func (param i64)))
    (import "m" "table" (table 3 5 funcref))
    (import "m" "f" (func (type 0)))
    (import "m" "g" (global (mut f64)))`;
  const own = { imported: false, pageSize: 65536 };
  for (
    const [fields, memory] of [
      [`(memory 0)`, { ...own, min: 0n, max: undefined }],
      [`${imports} (memory 200 1000)`, { ...own, min: 200n, max: 1000n }],
      [`(memory 1 2 shared)`, { ...own, min: 1n, max: 2n }],
      [`(memory i64 7 8)`, { ...own, min: 7n, max: 8n }],
      [
        `${imports} (import "m" "memory" (memory 65535 65536))`,
        { imported: true, pageSize: 65536, min: 65535n, max: 65536n },
      ],
    ] as const
  ) {
    const module = await assemble(`(module ${fields})`);
    assert.deepEqual(readMemories(module), [memory], fields);
  }
  assert.deepEqual(readMemories(await assemble("(module)")), []);
});

Deno.test("inspect --config prints each setting with its origin", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/c.json`,
      JSON.stringify({
        functions: { shop: { path: "shop.wasm", instances: 3 } },
        settings: { "body-limit": "1Mi", "log-level": "warn" },
        state: { here: "in-memory" },
      }),
    );
    const { code, stdout } = await layotto(
      ["inspect", "--http-port", "81", "--config", "c.json"],
      { cwd: folder, env: { LAYOTTO_LOG_LEVEL: "debug" } },
    );
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}http-port +81 +--http-port$/m);
    assert.match(stdout, /^ {2}log-level +debug +LAYOTTO_LOG_LEVEL$/m);
    assert.match(stdout, /^ {2}admin-port +34998 +default$/m);
    assert.match(
      stdout,
      new RegExp(`^Function shop, ${folder}/shop.wasm:$`, "m"),
    );
    assert.match(
      stdout,
      /^ {2}instances +3 +c\.json: functions\.shop\.instances$/m,
    );
    assert.match(
      stdout,
      /^ {2}body-limit +1048576 +c\.json: settings\.body-limit$/m,
    );
    assert.match(stdout, /^ {2}here +in-memory +c\.json: state\.here$/m);
  }));

Deno.test("inspect --config without a file shows flags, environment and defaults", async () => {
  const { code, stdout } = await layotto(["inspect", "--config"], {
    env: { LAYOTTO_INSTANCES: "5" },
  });
  assert.equal(code, 0);
  assert.match(stdout, /^ {2}http-port +2045 +default$/m);
  assert.match(stdout, /^ {2}instances +5 +LAYOTTO_INSTANCES$/m);
});

Deno.test("inspect --config tells what is wrong in a file: file, path, found, expected", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/c.json`,
      `{ "state": { "a": { "type": "rediss" } }, "setings": {} }`,
    );
    const { code, stderr } = await layotto(["inspect", "--config=c.json"], {
      cwd: folder,
    });
    assert.equal(code, 2);
    assert.match(stderr, /c\.json: state\.a\.type: found "rediss".*"redis"/);
    assert.match(stderr, /c\.json: setings.*did you mean "settings"/);
  }));
