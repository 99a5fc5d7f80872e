import assert from "node:assert/strict";

/** Everything a shim imports of this room, in a program of its own. */
const PROGRAM = `
for (const name of ["process", "Buffer", "global", "setImmediate"]) {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() { throw new Error("globalThis." + name + " was read"); },
  });
}
const { DeleteResponse } = await import(ROOM + "gen/containerd/task.ts");
for (const name of ["events", "forward", "sandbox", "bootstrap", "metrics_v1",
  "metrics_v2", "runtimeoptions", "runtimeinfo"]) {
  await import(ROOM + "gen/containerd/" + name + ".ts");
}
const { Server, Client } = await import(ROOM + "ttrpc/mod.ts");
const wire = DeleteResponse.encode({
  pid: 4242, exitStatus: 137, exitedAt: { seconds: 5n, nanos: 1 },
}).finish();
console.log(DeleteResponse.decode(wire).pid, typeof Server, typeof Client);
`;

Deno.test("neither process nor Buffer is read when the room is loaded and used", async () => {
  const room = new URL("../../proto/", import.meta.url);
  const config = new URL("../../deno.json", import.meta.url);
  const file = await Deno.makeTempFile({ suffix: ".mjs" });
  try {
    await Deno.writeTextFile(
      file,
      PROGRAM.replaceAll("ROOM", JSON.stringify(room.href)),
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", `--config=${config.pathname}`, file],
    }).output();
    assert.equal(new TextDecoder().decode(stderr), "");
    assert.equal(
      new TextDecoder().decode(stdout),
      "4242 function function\n",
    );
    assert.equal(code, 0);
  } finally {
    await Deno.remove(file);
  }
});
