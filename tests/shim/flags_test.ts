import assert from "node:assert/strict";
import { parseFlags } from "../../shim/flags.ts";

Deno.test("the command lines of every containerd are understood", () => {
  const start = parseFlags([
    ..."-namespace k8s.io -address /run/c.sock -publish-binary /usr/bin/containerd"
      .split(" "),
    ..."-id f1 -debug start".split(" "),
  ]);
  assert.equal(start.action, "start");
  assert.equal(start.namespace, "k8s.io");
  assert.equal(start.address, "/run/c.sock");
  assert.equal(start.publishBinary, "/usr/bin/containerd");
  assert.equal(start.id, "f1");
  assert.equal(start.debug, true);
  const gone = parseFlags(["-id", "f1", "-bundle", "/b", "delete"]);
  assert.equal(gone.action, "delete");
  assert.equal(gone.bundle, "/b");
  assert.equal(gone.debug, false);
});

Deno.test("one dash or two, a value behind = or in the next word", () => {
  for (
    const words of [["-id", "x"], ["--id", "x"], ["-id=x"], ["--id=x"]]
  ) {
    assert.equal(parseFlags([...words, "start"]).id, "x", words.join(" "));
    assert.equal(parseFlags([...words, "start"]).action, "start");
  }
  assert.equal(parseFlags(["-debug=true"]).debug, true);
  assert.equal(parseFlags(["-debug=false"]).debug, false);
  assert.equal(parseFlags(["-id=a=b"]).id, "a=b");
  assert.equal(parseFlags(["-id="]).id, "");
});

Deno.test("unknown flags are ignored, with their values", () => {
  const flags = parseFlags(
    ["-new", "-id", "x", "-more", "value", "--other=1", "start"],
  );
  assert.equal(flags.id, "x");
  assert.equal(flags.action, "start");
  assert.equal(parseFlags(["-new", "delete"]).action, "delete");
});

Deno.test("flags end at the first other word", () => {
  assert.equal(parseFlags(["start", "-id", "x"]).id, "");
  assert.equal(parseFlags(["--", "start"]).action, "start");
  assert.equal(parseFlags([]).action, "");
});

Deno.test("version and info are switches", () => {
  assert(parseFlags(["-v"]).version);
  assert(parseFlags(["-version"]).version);
  assert(parseFlags(["-info"]).info);
  assert(!parseFlags(["start"]).version);
});

Deno.test("an address loses its scheme", () => {
  assert.equal(parseFlags(["-address", "unix:///a.sock"]).address, "/a.sock");
});

Deno.test("a flag without its value is named", () => {
  assert.throws(() => parseFlags(["-namespace"]), /-namespace: no value/);
});
