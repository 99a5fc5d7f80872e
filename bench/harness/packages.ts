/** What the bench wants of the machine beyond what the end-to-end tests want. */
import { cannotInstall, installMissing } from "../../tools/packages.ts";

/** Package and a file by which it is known to be installed. */
const PACKAGES = [
  ["gcc", "/usr/bin/gcc"],
  ["libc6-dev", "/usr/include/stdio.h"],
  ["wrk", "/usr/bin/wrk"],
] as const;

/** Installs what is missing where that is possible. @returns why containerd cannot be run here, "" where it can. */
export async function prepareMachine(): Promise<string> {
  const reason = await cannotInstall();
  if (reason !== "") return reason;
  await installMissing();
  const missing = PACKAGES.filter(([, file]) => !exists(file))
    .map(([name]) => name);
  if (missing.length === 0) return "";
  console.log(`installing Debian packages: ${missing.join(" ")}`);
  const { success, stderr } = await new Deno.Command("apt-get", {
    args: ["install", "-y", "-q", "--no-install-recommends", ...missing],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
  }).output();
  if (success) return "";
  throw new Error(
    `apt-get could not install ${missing.join(" ")}: ${
      new TextDecoder().decode(stderr)
    }`,
  );
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
