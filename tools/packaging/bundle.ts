/**
 * Bundles our TypeScript into plain JavaScript files in one folder: `main.js` with a file per face beside it, and one
 * file for each kind of worker, since an isolate without read permission cannot import another.
 */
import { join } from "node:path";
import { WORKERS } from "../../runtime/self.ts";
import { run } from "./run.ts";

/** What `deno bundle --platform deno` writes at the head of whatever needs a CommonJS helper. */
const EAGER_REQUIRE =
  /import \{ createRequire as (\w+) \} from "node:module";\n?var __require = \1\(import\.meta\.url\);\n/;

/**
 * The same, done when something is required for the first time. Importing `node:module` loads Deno's whole Node layer:
 * 15 ms of a start that takes 15 without it, also for code that requires nothing.
 */
const LAZY_REQUIRE =
  `var __require = (name) => globalThis.process.getBuiltinModule("node:module").createRequire(import.meta.url)(name);\n`;

/**
 * Writes the bundles of the repository at `root` to `folder`, which is emptied first.
 * @throws when `deno bundle` fails, with what it said.
 */
export async function bundle(root: string, folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const deno = Deno.execPath();
  const common = ["bundle", "--quiet", "--platform", "deno"];
  await run(deno, [
    ...common,
    "--code-splitting",
    "--outdir",
    folder,
    join(root, "main.ts"),
  ], root);
  for (const name of WORKERS) {
    await run(deno, [
      ...common,
      "--output",
      join(folder, `${name}.js`),
      join(root, `runtime/${name}.ts`),
    ], root);
  }
  for await (const file of Deno.readDir(folder)) {
    await makeRequireLazy(join(folder, file.name));
  }
}

async function makeRequireLazy(path: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  if (!text.includes("createRequire")) return;
  const changed = text.replace(EAGER_REQUIRE, LAZY_REQUIRE);
  if (changed === text) {
    throw new Error(
      `${path}: found createRequire, but not as deno bundle 2.9.6 writes it; adapt EAGER_REQUIRE in tools/packaging/bundle.ts`,
    );
  }
  await Deno.writeTextFile(path, changed);
}
