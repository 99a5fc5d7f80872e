/**
 * The Debian packages the tests want, and whether those tests can run on this machine.
 */

/** Package and a file by which it is known to be installed. */
type Package = readonly [name: string, file: string];

/** For the end-to-end tests. */
export const PACKAGES: readonly Package[] = [
  ["containerd", "/usr/bin/containerd"],
  ["runc", "/usr/sbin/runc"],
  ["containernetworking-plugins", "/usr/lib/cni/bridge"],
  ["iproute2", "/usr/sbin/ip"],
  ["busybox-static", "/bin/busybox"],
  ["redis-server", "/usr/bin/redis-server"],
  ["util-linux", "/usr/bin/nsenter"],
  ["attr", "/usr/bin/setfattr"],
  ["procps", "/bin/kill"],
  ["mount", "/bin/mount"],
];

/** What compiles C to WASI programs. */
export const WASI_PACKAGES: readonly Package[] = [
  ["clang", "/usr/bin/clang"],
  ["lld", "/usr/bin/wasm-ld"],
  ["wasi-libc", "/usr/include/wasm32-wasi/wasi/api.h"],
  ["libclang-rt-dev-wasm32", "/usr/share/doc/libclang-rt-dev-wasm32"],
];

/** For the guests of tests/sdk: C and Rust for WebAssembly. */
export const COMPILERS: readonly Package[] = [
  ...WASI_PACKAGES,
  ["rustc", "/usr/bin/rustc"],
  ["libstd-rust-dev-wasm32", "/usr/lib/rustlib/wasm32-wasi"],
];

/** Those of `packages` that are not installed. */
export function missingPackages(
  packages: readonly Package[] = PACKAGES,
): string[] {
  return packages.filter(([, file]) => !exists(file)).map(([name]) => name);
}

/** Why this machine cannot have the packages: "" where it can. */
export async function cannotInstall(): Promise<string> {
  if (Deno.build.os !== "linux") return `wants Linux, this is ${Deno.build.os}`;
  const release = await Deno.readTextFile("/etc/os-release").catch(() => "");
  if (!/^ID(_LIKE)?=.*debian/m.test(release)) {
    return "wants Debian (its containerd, runc and CNI plugins)";
  }
  if (Deno.uid() !== 0) return "wants root (namespaces, containerd)";
  return "";
}

/** Why end-to-end tests cannot run here: "" where they can. */
export async function whyNot(): Promise<string> {
  const reason = await cannotInstall();
  if (reason !== "") return reason;
  const missing = missingPackages([...PACKAGES, ...WASI_PACKAGES]);
  if (missing.length > 0) {
    return `wants the packages ${missing.join(", ")}: run the test task`;
  }
  if (!exists(new URL("../dist/containerd-shim-layotto-v2", import.meta.url))) {
    return "wants dist/containerd-shim-layotto-v2: run the build task";
  }
  return "";
}

/**
 * Installs what is missing, saying so.
 * @throws {Error} when apt-get fails.
 */
export async function installMissing(): Promise<void> {
  const missing = missingPackages([...PACKAGES, ...COMPILERS]);
  if (missing.length === 0) return;
  console.log(`installing Debian packages: ${missing.join(" ")}`);
  const install = ["install", "-y", "-q", "--no-install-recommends", "-o"];
  const args = [...install, "Dpkg::Use-Pty=0", ...missing];
  // The lists may be absent or stale: try first, refresh only if that fails.
  if (await apt(args)) return;
  await apt(["update", "-q"]);
  if (await apt(args)) return;
  throw new Error(
    `apt-get could not install ${missing.join(" ")}: see its output above`,
  );
}

async function apt(args: string[]): Promise<boolean> {
  const { success, stdout, stderr } = await new Deno.Command("apt-get", {
    args,
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
  }).output();
  if (!success) {
    console.error(new TextDecoder().decode(stdout));
    console.error(new TextDecoder().decode(stderr));
  }
  return success;
}

function exists(path: string | URL): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
