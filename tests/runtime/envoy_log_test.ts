import assert from "node:assert/strict";
import { envoyLogLine, readLogFlags } from "../../runtime/envoy_log.ts";
import { LEVELS } from "../../runtime/log.ts";
import { ConfigError } from "../../runtime/settings/problems.ts";

const TIME = new Date(2026, 10, 24, 13, 0, 5, 7);

Deno.test("a line is as Envoy 1.40 writes it, for each level", () => {
  const lines = LEVELS.map((level) =>
    envoyLogLine(
      { level, message: "m", pluginName: "name", rootId: "root", vmId: "vm" },
      12,
      TIME,
    )
  );
  const head = "[2026-11-24 13:00:05.007][12]";
  const place = (line: number) =>
    `[wasm] [source/extensions/common/wasm/context.cc:${line}] wasm log name root vm: m\n`;
  assert.deepEqual(lines, [
    `${head}[trace]${place(1145)}`,
    `${head}[debug]${place(1148)}`,
    `${head}[info]${place(1151)}`,
    `${head}[warning]${place(1154)}`,
    `${head}[error]${place(1157)}`,
    `${head}[critical]${place(1160)}`,
  ]);
});

Deno.test("what a plugin has no name for is left out", () => {
  const line = (rootId: string, vmId: string, pluginName?: string) =>
    envoyLogLine({ level: "info", message: "m", rootId, vmId, pluginName }, 1)
      .replace(/^.*\] /, "");
  assert.equal(line("", ""), "wasm log: m\n");
  assert.equal(line("r", ""), "wasm log r: m\n");
  assert.equal(line("", "v", "n"), "wasm log n v: m\n");
});

Deno.test("a message stays one line and keeps its quotes", () => {
  const line = envoyLogLine(
    {
      level: "info",
      message: '{"a":"b\\c"}\n[2026-01-01] fake\r\x1b[2J\u202e\ttab é',
      rootId: "a\nb",
      vmId: "",
    },
    1,
  );
  assert.equal(line.split("\n").length, 2);
  assert.equal(
    line.replace(/^.*?wasm log /, ""),
    'a\\nb: {"a":"b\\c"}\\n[2026-01-01] fake\\r\\u001b[2J\\u202e\ttab é\n',
  );
  const long = envoyLogLine(
    { level: "info", message: "x".repeat(10_000), rootId: "", vmId: "" },
    1,
  );
  assert.match(long, /x… \(1808 more characters\)\n$/);
});

Deno.test("the component's level goes before that of all", () => {
  const plugins = (level?: string, components?: string) =>
    readLogFlags({ level, components }).plugins;
  assert.equal(plugins(), "info");
  assert.equal(plugins("warning"), "warn");
  assert.equal(plugins("off"), "off");
  assert.equal(plugins("error", "http:trace,wasm:debug"), "debug");
  assert.equal(plugins("error", "http:trace"), "error");
});

Deno.test("a flag that is wrong is told", () => {
  assert.throws(
    () => readLogFlags({ level: "inof", components: "wasm,wasm:loud" }),
    (error: Error) => {
      assert(error instanceof ConfigError);
      assert.deepEqual(error.problems, [
        '--log-level: found level "inof" (did you mean "info"?), expected one of "trace", "debug", "info", "warn", "error", "critical", "warning", "off"',
        '--component-log-level: found "wasm", expected component:level, e.g. wasm:debug',
        '--component-log-level: found level "loud", expected one of "trace", "debug", "info", "warn", "error", "critical", "warning", "off"',
      ]);
      return true;
    },
  );
});
