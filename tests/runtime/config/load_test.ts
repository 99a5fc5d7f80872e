import assert from "node:assert/strict";
import { loadConfig, MAX_CONFIG } from "../../../runtime/config/load.ts";

Deno.test("a file is read, and its paths are relative to its folder", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/c.json`, '{"functions":{"f":"x.wasm"}}');
    const config = await loadConfig(`${dir}/c.json`);
    assert.equal(config.functions[0]?.path, `${dir}/x.wasm`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a file that is absent, a folder, too large or no UTF-8 is named", async () => {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/c.json`;
  try {
    await assert.rejects(loadConfig(path), {
      message: `${path}: there is no such configuration file`,
    });
    await assert.rejects(loadConfig(dir), {
      message: `${dir}: found no file, expected JSON`,
    });
    await Deno.writeFile(path, new Uint8Array([0x7b, 0xff, 0x7d]));
    await assert.rejects(loadConfig(path), {
      message: `${path}: found bytes that are not UTF-8`,
    });
    await Deno.truncate(path, MAX_CONFIG + 1);
    await assert.rejects(loadConfig(path), {
      message: `${path}: found ${
        MAX_CONFIG + 1
      } bytes, expected at most ${MAX_CONFIG}`,
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
