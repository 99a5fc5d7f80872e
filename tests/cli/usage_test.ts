import assert from "node:assert/strict";
import { layotto } from "./run.ts";

const WRONG: readonly (readonly [args: string[], told: RegExp])[] = [
  [[], /^Layotto runs/],
  [
    ["frob", "x"],
    /^layotto: found command "frob x", expected start, image pack, inspect, version/,
  ],
  [["image"], /found command "image", expected/],
  [["--frob"], /found command "--frob", expected/],
  [["version", "now"], /found "now", expected nothing/],
  [["inspect"], /found nothing, expected one module, or --config/],
  [["inspect", "a", "b"], /found a b, expected one module/],
  [["start", "now"], /found "now", expected flags alone/],
  [["start", "--htp-port", "1"], /--htp-port: .*did you mean "http-port"/],
  [["start", "--http-port"], /--http-port: found no value/],
  [["start", "--http-port", "x"], /--http-port: found "x", expected a port/],
  [
    ["start", "--http-port", "1", "--http-port", "2"],
    /--http-port: found twice, expected once/,
  ],
  [["start", "-c", "nowhere.json"], /nowhere\.json: there is no such/],
  [
    ["inspect", "--config", "nowhere.json"],
    /nowhere\.json: there is no such/,
  ],
  [["image", "pack", "-o", "x", "f"], /found no --tag REF/],
  [["image", "pack", "--tag", "a", "f"], /found no -o FILE/],
  [["image", "pack", "--tag", "a", "-o", "x"], /found 0 modules, expected one/],
  [
    ["image", "pack", "--tag", "a", "-o", "x", "f", "g"],
    /found 2 modules, expected one/,
  ],
  [["image", "pack", "--tga", "a"], /found option --tga.*did you mean "--tag"/],
  [["image", "pack", "--tag"], /--tag: found no value after it/],
  [["image", "pack", "--tag", "a", "--tag", "b"], /--tag: found twice/],
  [["image", "pack", "--tag", "A", "-o", "x", "f"], /--tag: found "A"/],
  [
    ["image", "pack", "--tag", "a", "-o", "x", "--platform", "linux", "f"],
    /--platform: found "linux", expected OS\/ARCH/,
  ],
  [
    ["image", "pack", "--tag", "a", "-o", "x", "--entry", "/a/../b", "f"],
    /--entry: found "\/a\/\.\.\/b", expected an absolute path/,
  ],
  [
    ["image", "pack", "--tag", "a", "-o", "x", "--env", "=b", "f"],
    /--env: found "=b", expected KEY=VALUE/,
  ],
];

Deno.test("a command line that is wrong says what was found and expected, status 2", async (t) => {
  for (const [args, told] of WRONG) {
    await t.step(args.join(" ") || "no arguments", async () => {
      const { code, stdout, stderr } = await layotto(args);
      assert.match(stderr, told);
      assert.equal(code, 2);
      assert.equal(stdout, "");
    });
  }
});

Deno.test("Go's flags make it a shim, whatever stands before them", async () => {
  for (const args of [["-v"], ["--v"], ["-later", "-v"]]) {
    const { code, stdout } = await layotto(args);
    assert.equal(code, 0);
    assert.match(stdout, /containerd-shim-layotto-v2/);
  }
});
