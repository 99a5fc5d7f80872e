/** C with clang: freestanding, and with wasi-libc. */
import { run, type Toolchain } from "./toolchain.ts";

const FLAGS = ["-O2", "-mbulk-memory", "-Wall", "-Wextra", "-Werror"];

export const C: Toolchain = {
  name: "c",
  guests: ["probe", "libc"],
  packages: ["clang", "lld", "wasi-libc", "libclang-rt-dev-wasm32"],
  programs: [],
  build(guest, { folder, output }) {
    const target = guest === "libc"
      ? ["--target=wasm32-wasi", "-mexec-model=reactor"]
      : ["--target=wasm32-unknown-unknown", "-nostdlib", "-Wl,--no-entry"];
    return run("/usr/bin/clang", [
      ...target,
      ...FLAGS,
      "-o",
      output,
      `${guest}.c`,
    ], { cwd: folder });
  },
};
