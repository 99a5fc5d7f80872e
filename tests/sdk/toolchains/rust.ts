/**
 * Rust: the official SDK with Debian's compiler, which is the one that has a WASI library to install (1.63). Any cargo
 * fetches the crates; the compiler is called directly, since a newer cargo does not work with it.
 */
import { run, type Toolchain } from "./toolchain.ts";

interface Crate {
  name: string;
  version: string;
  edition: string;
  /** Features and other settings, as their own build scripts would give them. */
  cfg?: string[];
  uses?: string[];
}

/** In the order in which they are compiled. The versions are the last that 1.63 takes. */
const CRATES: Crate[] = [
  { name: "cfg-if", version: "1.0.0", edition: "2018" },
  {
    name: "once_cell",
    version: "1.18.0",
    edition: "2021",
    cfg: ['feature="alloc"', 'feature="race"'],
  },
  {
    name: "zerocopy",
    version: "0.7.35",
    edition: "2018",
    cfg: ['feature="simd"'],
  },
  {
    name: "ahash",
    version: "0.8.4",
    edition: "2018",
    uses: ["cfg-if", "once_cell", "zerocopy"],
  },
  {
    name: "hashbrown",
    version: "0.14.0",
    edition: "2021",
    cfg: ['feature="ahash"', 'feature="inline-more"'],
    uses: ["ahash"],
  },
  {
    name: "log",
    version: "0.4.17",
    edition: "2015",
    cfg: ["atomic_cas", "has_atomics"],
    uses: ["cfg-if"],
  },
  {
    name: "proxy-wasm",
    version: "0.2.2",
    edition: "2018",
    uses: ["hashbrown", "log"],
  },
];

const RUSTC = "/usr/bin/rustc";
const FLAGS = ["--target", "wasm32-wasi", "-O", "-C", "panic=abort"];

export const RUST: Toolchain = {
  name: "rust",
  guests: ["rust"],
  packages: ["rustc", "libstd-rust-dev-wasm32"],
  programs: ["cargo"],
  async build(_guest, { folder, output, scratch }) {
    await fetchCrates(scratch);
    const compile = (args: string[]) =>
      run(RUSTC, [...FLAGS, ...args], {
        cwd: scratch,
        env: { CARGO_PKG_VERSION: "0" },
      });
    for (const crate of CRATES) {
      await compile([
        ...["--crate-type", "rlib", "--cap-lints", "allow"],
        ...["--crate-name", library(crate.name), "--edition", crate.edition],
        ...(crate.cfg ?? []).flatMap((cfg) => ["--cfg", cfg]),
        ...externs(crate.uses ?? []),
        `vendor/${crate.name}/src/lib.rs`,
      ]);
    }
    await compile([
      ...["--crate-type", "cdylib", "--edition", "2021", "-D", "warnings"],
      ...["-C", "lto", "-C", "strip=debuginfo", "-o", output],
      // Panics name the file: as it is in the repository, whatever the machine.
      ...["--remap-path-prefix", `${folder}=guest`],
      ...externs(["proxy-wasm", "log"]),
      `${folder}/main.rs`,
    ]);
  },
};

function library(crate: string): string {
  return crate.replaceAll("-", "_");
}

/** By path: the compiler has crates of the same names of its own. */
function externs(crates: string[]): string[] {
  return [
    "-L",
    ".",
    ...crates.flatMap((crate) => [
      "--extern",
      `${library(crate)}=lib${library(crate)}.rlib`,
    ]),
  ];
}

async function fetchCrates(scratch: string): Promise<void> {
  const pinned = CRATES.map(({ name, version }) => `${name} = "=${version}"`);
  await Deno.writeTextFile(
    `${scratch}/Cargo.toml`,
    `[package]\nname = "guest"\nversion = "0.0.0"\n[lib]\npath = "lib.rs"\n[dependencies]\n${
      pinned.join("\n")
    }\n`,
  );
  await Deno.writeTextFile(`${scratch}/lib.rs`, "");
  await run("cargo", ["vendor", "-q", "vendor"], { cwd: scratch });
}
