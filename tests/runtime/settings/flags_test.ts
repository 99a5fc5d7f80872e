import assert from "node:assert/strict";
import { parseFlags } from "../../../runtime/settings/flags.ts";

Deno.test("flags take their value after a space or an equals sign, and the rest stays in order", () => {
  const parsed = parseFlags(
    ["-c", "a.json", "x", "--http-port=80", "y", "--", "--data"],
  );
  assert.deepEqual(parsed.settings, { config: "a.json", "http-port": "80" });
  assert.deepEqual(parsed.rest, ["x", "y", "--data"]);
});

Deno.test("switches have no value", () => {
  const { switches, rest } = parseFlags(["-h", "--quiet", "x"], [
    "help",
    "quiet",
  ]);
  assert.deepEqual([...switches], ["help", "quiet"]);
  assert.deepEqual(rest, ["x"]);
});

Deno.test("an unknown flag, a missing value and a flag given twice are told together", () => {
  assert.throws(
    () => parseFlags(["--prot=1", "--data=a", "--data=b", "--http-port"]),
    {
      name: "ConfigError",
      message:
        /^--prot: found setting "prot".*\n--data: found twice, expected once\n--http-port: found no value after it$/,
    },
  );
});
