import assert from "node:assert/strict";
import {
  formatLine,
  formatValue,
  levelName,
  levelNumber,
  Logger,
  MAX_MESSAGE,
} from "../../runtime/log.ts";

const TIME = new Date(0);

Deno.test("a line has time, level, message and fields, undefined ones left out", () => {
  assert.equal(
    formatLine("warn", "two words", { id: "f1", n: 3, no: undefined }, TIME),
    'time=1970-01-01T00:00:00.000Z level=warn msg="two words" id=f1 n=3\n',
  );
});

Deno.test("no value can end its line, its quotes or act on a terminal", () => {
  const cases: [string, string][] = [
    ["plain-value_1.2:3/4", "plain-value_1.2:3/4"],
    ["", '""'],
    ["a=b", '"a=b"'],
    ["a b", '"a b"'],
    ["größe", '"größe"'],
    ["x\ntime=0 level=error", '"x\\ntime=0 level=error"'],
    ['" level=error', '"\\" level=error"'],
    ["\\", '"\\\\"'],
    ["a\r\tb", '"a\\r\\tb"'],
    ["\x1b[31m", '"\\u001b[31m"'],
    ["\u009b", '"\\u009b"'],
    ["\u2028\u202e", '"\\u2028\\u202e"'],
    ["\ud800", '"\\ud800"'],
    ["😀", '"😀"'],
    ["\0", '"\\u0000"'],
  ];
  for (const [found, expected] of cases) {
    assert.equal(formatValue(found), expected);
  }
});

Deno.test("no character of the first 65,536 makes a second line or a second field", () => {
  for (let c = 0; c < 65536; c++) {
    const line = formatLine("info", `${String.fromCharCode(c)} a=b`, {}, TIME);
    assert.equal(line.indexOf("\n"), line.length - 1, `U+${c.toString(16)}`);
    assert(/^time=\S+ level=info msg="([^"\\]|\\.)*"\n$/.test(line));
  }
});

Deno.test("a long message is cut and says how much is missing", () => {
  const line = formatLine("info", "x".repeat(MAX_MESSAGE + 5), {}, TIME);
  assert.match(line, /x… \(5 more characters\)"\n$/);
});

Deno.test("levels have proxy-wasm's numbers, and odd numbers the nearest level", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, -1, NaN, 1.5].map(levelName),
    "trace debug info warn error critical critical trace trace debug".split(
      " ",
    ),
  );
  assert.equal(levelNumber("critical"), 5);
});

Deno.test("lines below the level are dropped, and a child shares level and sink", () => {
  const lines: string[] = [];
  const log = new Logger((line) => lines.push(line), "warn", { host: "h" });
  const child = log.with({ id: "f1" });
  child.info("dropped");
  child.warn("kept", { n: 1 });
  log.level = "debug";
  child.debug("kept too");
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? "", /level=warn msg=kept host=h id=f1 n=1\n$/);
  assert.match(lines[1] ?? "", /level=debug msg="kept too" host=h id=f1\n$/);
});
