/** AssemblyScript: the SDK and the compiler of its day, which take each other's word for the runtime. */
import { run, type Toolchain } from "./toolchain.ts";

const PACKAGES = ["@solo-io/proxy-runtime@0.1.8", "assemblyscript@0.14.9"];

export const ASSEMBLYSCRIPT: Toolchain = {
  name: "assemblyscript",
  guests: ["assemblyscript"],
  packages: [],
  programs: ["npm", "node"],
  async build(_guest, { folder, output, scratch }) {
    await run("npm", [
      ...["install", "--no-save", "--ignore-scripts", "--no-audit"],
      ...["--no-fund", "--prefix", scratch, ...PACKAGES],
    ], { cwd: scratch });
    await Deno.copyFile(`${folder}/plugin.as.ts`, `${scratch}/plugin.ts`);
    const asc = "node_modules/assemblyscript/bin/asc";
    const use = "abort=abort_proc_exit";
    await run(
      "node",
      [asc, "plugin.ts", "-O2", "--use", use, "-b", "out.wasm"],
      {
        cwd: scratch,
      },
    );
    await Deno.copyFile(`${scratch}/out.wasm`, output);
  },
};
