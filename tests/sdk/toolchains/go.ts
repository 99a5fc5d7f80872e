/** Go: the official SDK, as a reactor. */
import { run, type Toolchain } from "./toolchain.ts";

export const GO: Toolchain = {
  name: "go",
  guests: ["go"],
  packages: [],
  programs: ["go"],
  build(_guest, { folder, output }) {
    return run("go", [
      "build",
      "-trimpath",
      "-buildvcs=false",
      "-buildmode=c-shared",
      "-o",
      output,
      ".",
    ], { cwd: folder, env: { GOOS: "wasip1", GOARCH: "wasm", GOWORK: "off" } });
  },
};
