import assert from "node:assert/strict";
import { CODE_FLAGS } from "../../../runtime/self.ts";

const MODULE = new URL("../../../runtime/memory/collect.ts", import.meta.url);

/** Prints how much of what it let go is still there. */
const PROGRAM = `
import { collect } from "${MODULE}";
let held = Array.from({ length: 1e6 }, (_, i) => ({ i }));
const full = Deno.memoryUsage().heapUsed;
held = held.length;
collect();
console.log(Deno.memoryUsage().heapUsed / full);
`;

Deno.test("with the program's own flags a collection takes what nobody holds", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/program.ts`;
    await Deno.writeTextFile(file, PROGRAM);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-config", ...CODE_FLAGS, file],
    }).output();
    const left = Number(new TextDecoder().decode(stdout));
    assert(left > 0 && left < 0.5, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
