/** `-v` for people, `-info` for containerd 2 (SHIM.md §1.3). */
import { RuntimeInfo } from "../../proto/gen/containerd/runtimeinfo.ts";
import { packaging, VERSION } from "../../runtime/mod.ts";

const PACKAGING = {
  compiled: "deno compile",
  "self-extracting": "self-extracting",
  source: "from source",
};

export function printVersion(): void {
  write(new TextEncoder().encode(
    `containerd-shim-layotto-v2 ${VERSION} (${
      PACKAGING[packaging()]
    }, Deno ${Deno.version.deno})\n`,
  ));
}

/** RuntimeInfo as bare bytes. It claims no mount types: containerd would leave those to us. */
export function printInfo(): void {
  write(
    RuntimeInfo.encode({
      name: "io.containerd.layotto.v2",
      version: { version: VERSION, revision: "" },
      options: undefined,
      features: undefined,
      annotations: {},
    }).finish(),
  );
}

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    at += Deno.stdout.writeSync(bytes.subarray(at));
  }
}
