/**
 * The network of the pods of one containerd: a bridge of its own on the machine, with the machine itself on it, so
 * that a test reaches a pod's address by HTTP. The plugin is Debian's `bridge` behind a script that writes down each
 * call. No forwarding, no masquerading: nothing of the machine's network is changed but the bridge, which goes at the end.
 */
import { run } from "./box.ts";

const PLUGINS = "/usr/lib/cni";

export class PodNetwork {
  readonly #calls: string;

  private constructor(
    readonly binDir: string,
    readonly confDir: string,
    readonly bridge: string,
    /** The machine's own address among the pods. */
    readonly machine: string,
    calls: string,
  ) {
    this.#calls = calls;
  }

  /** @param token names the bridge (`lay` + token, 15 characters at most); @param folder takes the files. */
  static async open(token: string, folder: string): Promise<PodNetwork> {
    const bridge = `lay${token}`;
    const prefix = await freePrefix();
    const binDir = `${folder}/bin`;
    const confDir = `${folder}/conf`;
    const calls = `${folder}/calls`;
    await Deno.mkdir(binDir, { recursive: true });
    await Deno.mkdir(confDir, { recursive: true });
    await Deno.writeTextFile(calls, "");
    for (const name of ["host-local", "loopback"]) {
      await Deno.symlink(`${PLUGINS}/${name}`, `${binDir}/${name}`);
    }
    await Deno.writeTextFile(
      `${binDir}/noted-bridge`,
      `#!/bin/sh\necho "$CNI_COMMAND $CNI_CONTAINERID" >>${calls}\nexec ${PLUGINS}/bridge\n`,
      { mode: 0o755 },
    );
    const plugin = {
      type: "noted-bridge",
      bridge,
      isGateway: false,
      ipMasq: false,
      ipam: {
        type: "host-local",
        dataDir: `${folder}/leases`,
        ranges: [[{ subnet: `${prefix}.0/24`, gateway: `${prefix}.1` }]],
      },
    };
    const list = { cniVersion: "0.4.0", name: bridge, plugins: [plugin] };
    await Deno.writeTextFile(`${confDir}/10.conflist`, JSON.stringify(list));
    await ip("link", "add", bridge, "type", "bridge");
    await ip("addr", "add", `${prefix}.1/24`, "dev", bridge);
    await ip("link", "set", bridge, "up");
    return new PodNetwork(binDir, confDir, bridge, `${prefix}.1`, calls);
  }

  /** Calls so far, e.g. `ADD <sandbox id>`. containerd also deletes before it adds, when it retries. */
  async calls(): Promise<string[]> {
    const text = await Deno.readTextFile(this.#calls);
    return text.split("\n").filter((line) => line !== "");
  }

  /** Host ends of pods that are still on the bridge. */
  members(): string[] {
    return [...Deno.readDirSync(`/sys/class/net/${this.bridge}/brif`)]
      .map((entry) => entry.name);
  }

  async close(): Promise<void> {
    await ip("link", "del", this.bridge);
  }
}

/** The first three numbers of a /24 that no route of the machine names. */
async function freePrefix(): Promise<string> {
  const { stdout } = await run(["ip", "-4", "route", "show"]);
  while (true) {
    const [a = 0, b = 0] = crypto.getRandomValues(new Uint8Array(2));
    const prefix = `10.${128 + (a >> 1)}.${b}`;
    if (!stdout.includes(`${prefix}.`)) return prefix;
  }
}

async function ip(...args: string[]): Promise<void> {
  const { code, stderr } = await run(["ip", ...args]);
  if (code !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}
