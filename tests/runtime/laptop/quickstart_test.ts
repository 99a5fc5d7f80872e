/**
 * Layotto's quickstart: its configuration with its paths, ports and Redis, and two guests that make exactly the calls of
 * its demo functions (ABI.md §5.8). Everything runs in a network namespace of its own, because the file says the ports.
 */
import assert from "node:assert/strict";
import { assemble } from "../../e2e/harness/guests.ts";
import { scenario } from "../../e2e/harness/scenario.ts";
import { CODE_FLAGS } from "../../../runtime/self.ts";
import { inFolder, ROOT } from "../../cli/run.ts";

const CODE = "demo/faas/code/golang";

/** $1 the deno executable, the rest how to run this program. Everything ends with the script (PID namespace). */
const SCRIPT = `
  ip link set lo up
  redis-server --port 6379 --bind 127.0.0.1 --save "" >/dev/null 2>&1 &
  until redis-cli set book1 100 >/dev/null 2>&1; do sleep 0.05; done
  "$@" start -c demo/faas/config.json --actuator-port 0 >started 2>log &
  for try in $(seq 200); do
    curl -fsS -H 'id: id_1' 'http://localhost:2045?name=book1' 2>/dev/null && exit 0
    sleep 0.05
  done
  cat log >&2; exit 1`;

scenario(
  "Layotto's quickstart, as it stands, gives its answer",
  () =>
    inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/${CODE}/client`, { recursive: true });
      await Deno.mkdir(`${folder}/${CODE}/server`, { recursive: true });
      for (
        const [text, module] of [
          ["trace_f1.wat", "client/function_1.wasm"],
          ["trace_f2.wat", "server/function_2.wasm"],
        ]
      ) {
        const source = await Deno.readTextFile(`${ROOT}tests/testdata/${text}`);
        await Deno.writeFile(
          `${folder}/${CODE}/${module}`,
          await assemble(source),
        );
      }
      await Deno.copyFile(
        `${ROOT}tests/testdata/quickstart.json`,
        `${folder}/demo/faas/config.json`,
      );
      const { code, stdout, stderr } = await new Deno.Command("unshare", {
        args: [
          ...["--net", "--pid", "--fork", "--kill-child", "bash", "-c", SCRIPT],
          ...["bash", Deno.execPath(), "run", "--quiet", ...CODE_FLAGS],
          `${ROOT}main.ts`,
        ],
        cwd: folder,
        stdin: "null",
      }).output();
      const text = new TextDecoder();
      assert.equal(code, 0, text.decode(stderr));
      assert.equal(text.decode(stdout), "There are 100 inventories for book1.");
    }),
);
