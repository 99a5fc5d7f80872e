import assert from "node:assert/strict";
import { COMMANDS } from "../../cli/table.ts";
import { packaging } from "../../runtime/self.ts";
import { SETTINGS } from "../../runtime/settings/table.ts";
import { VERSION } from "../../runtime/version.ts";
import { layotto } from "./run.ts";

Deno.test("--help names every command", async () => {
  for (const asked of ["--help", "-h", "help"]) {
    const { code, stdout, stderr } = await layotto([asked]);
    assert.equal(code, 0);
    assert.equal(stderr, "");
    for (const { name, summary } of COMMANDS) {
      assert.match(stdout, new RegExp(`^  ${name} +${summary}$`, "m"));
    }
  }
});

Deno.test("each command's --help has its usage and every option, 80 columns wide", async () => {
  for (const command of COMMANDS) {
    const words = command.name.split(" ");
    const { code, stdout } = await layotto([...words, "--help"]);
    assert.equal(code, 0);
    assert(stdout.includes(`usage: layotto ${command.name}`), stdout);
    for (const { flag } of command.options) {
      assert(stdout.includes(`\n  ${flag}\n`), `${flag} is not in ${stdout}`);
    }
    const wide = stdout.split("\n").filter((line) => line.length > 80);
    assert.deepEqual(wide, []);
  }
});

Deno.test("start --help has every setting", async () => {
  const { stdout } = await layotto(["start", "--help"]);
  for (const { name } of SETTINGS) assert(stdout.includes(`--${name} <`), name);
});

Deno.test("version says the release and how it was made", async () => {
  const { code, stdout } = await layotto(["version"]);
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `layotto ${VERSION} (${packaging()}), Deno ${Deno.version.deno}\n`,
  );
});
