import assert from "node:assert/strict";
import { command, inFolder, layotto, ROOT } from "./run.ts";

const HTTP = `${ROOT}tests/testdata/envoy/http.yaml`;

Deno.test("inspect shows what a file of Envoy's shape asks for", async () => {
  const { code, stdout } = await layotto(["inspect", "--config", HTTP]);
  assert.equal(code, 0);
  assert.match(stdout, /^Node +node-1 +shop$/m);
  assert.match(stdout, /^Listener main, HTTP on 0\.0\.0\.0:0:$/m);
  assert.match(
    stdout,
    /^ {2}wasm first +88 bytes in the file +root root, vm shared, configuration of 8 bytes, fail open$/m,
  );
  assert.match(
    stdout,
    /^ {2}api\.example \*\.api\.example +virtual host api$/m,
  );
  assert.match(
    stdout,
    /^ {4}~ \/v\[0-9\]\+\/\.\* +to one \(30\), two \(70\)$/m,
  );
  assert.match(
    stdout,
    /^ {2}two +strict_dns +HTTP\/2 +plain +localhost:8082$/m,
  );
  assert.match(stdout, /^Without effect:\n.*access_log: has no effect/m);
});

Deno.test("start tells every problem of such a file, in YAML or JSON", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/e.yaml`,
      "static_resources:\n  listenrs: []\n  clusters: [{ name: a, type: EDS }]\ntracing: {}\n",
    );
    for (const command of [["start", "-c"], ["inspect", "--config"]]) {
      const { code, stderr } = await layotto([...command, "e.yaml"], {
        cwd: folder,
      });
      assert.equal(code, 2);
      assert.deepEqual(
        stderr.trim().split("\n").map((line) => line.replace(/^.*?: /, "")),
        [
          'e.yaml: static_resources.clusters[0].type: found "EDS", expected one of "STATIC", "STRICT_DNS", "LOGICAL_DNS"',
          'e.yaml: static_resources.listenrs: found "listenrs" (did you mean "listeners"?), which is not served here, expected one of "listeners", "clusters"',
          'e.yaml: tracing: found "tracing", which is not served here, expected one of "stats_flush_interval", "node", "admin", "static_resources", "bootstrap_extensions"',
        ],
      );
    }
    await Deno.writeTextFile(
      `${folder}/e.json`,
      '{"static_resources":{"listeners":1}}',
    );
    const { code, stderr } = await layotto(["start", "-c", "e.json"], {
      cwd: folder,
    });
    assert.equal(code, 2);
    assert.match(
      stderr,
      /e\.json: static_resources\.listeners: found 1, expected an object/,
    );
  }));

Deno.test("flags of Envoy's log are for such files alone, and checked", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/c.json`, "{}");
    const other = await layotto(
      ["start", "-c", "c.json", "--component-log-level", "wasm:info"],
      { cwd: folder },
    );
    assert.equal(other.code, 2);
    assert.match(
      other.stderr,
      /--component-log-level: found it without a file of Envoy's shape/,
    );
    const level = await layotto(["start", "-c", HTTP, "-l", "loud"]);
    assert.equal(level.code, 2);
    assert.match(level.stderr, /--log-level: found level "loud"/);
    const nothing = await layotto(["start", "-c", HTTP, "-l"]);
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /-l: found no value after it/);
  }));

Deno.test("start runs such a file until it is stopped", () =>
  inFolder(async (folder) => {
    const process = command(
      ["start", "-c", HTTP, "--component-log-level", "wasm:info"],
      { cwd: folder },
    ).spawn();
    const lines: string[] = [];
    const read = (async () => {
      for await (
        const text of process.stdout.pipeThrough(new TextDecoderStream())
      ) {
        lines.push(text);
        if (lines.join("").includes("Ctrl-C")) process.kill("SIGTERM");
      }
    })();
    const [{ code }, stderr] = await Promise.all([
      process.status,
      new Response(process.stderr).text(),
      read,
    ]);
    assert.equal(code, 0, stderr);
    assert.match(lines.join(""), /^ {2}listener main {2}0\.0\.0\.0:\d+$/m);
    assert.match(
      lines.join(""),
      /^ {2}admin +http:\/\/127\.0\.0\.1:\d+\/stats$/m,
    );
  }));
