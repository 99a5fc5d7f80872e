/**
 * A containerd of our own: its root, state, sockets, CNI and logs in one temporary folder, its processes in a box.
 * It finds the shim that was built, first on its PATH.
 */
import { fromFileUrl } from "./paths.ts";
import { Box } from "./box.ts";
import { PodNetwork } from "./cni.ts";
import { until } from "./poll.ts";

/** The folder of the build; the shim in it is also the command line tool. */
export const DIST = fromFileUrl("../../../dist");
export const SHIM = `${DIST}/containerd-shim-layotto-v2`;

export interface ContainerdOptions {
  /** Whether pods (CRI) will be run: costs a bridge and a second of start. */
  pods?: boolean;
  propagation?: "shared" | "private";
}

export class Containerd {
  readonly address: string;
  readonly #log: string;

  private constructor(
    readonly box: Box,
    /** Eight hex digits that mark everything of this instance: namespaces, ids, cgroups. */
    readonly token: string,
    readonly folder: string,
    readonly network: PodNetwork | undefined,
  ) {
    this.address = `${folder}/c.sock`;
    this.#log = `${folder}/containerd.log`;
  }

  /** Starts one and waits until it answers. */
  static async open(options: ContainerdOptions = {}): Promise<Containerd> {
    const token = crypto.randomUUID().slice(0, 8);
    const folder = await Deno.makeTempDir({ prefix: `e2e-${token}-` });
    const network = options.pods
      ? await PodNetwork.open(token, `${folder}/cni`)
      : undefined;
    const box = await Box.open(options.propagation);
    const it = new Containerd(box, token, folder, network);
    await Deno.writeTextFile(
      `${folder}/config.toml`,
      configuration(folder, network),
    );
    await it.start();
    return it;
  }

  /** Starts the daemon (again). Its output goes to a file, so that a restart loses none of it. */
  async start(): Promise<void> {
    const script = `echo $$ >${this.folder}/pid
      exec containerd -c ${this.folder}/config.toml >>${this.#log} 2>&1`;
    const child = this.box.spawn(["bash", "-c", script], {
      env: { PATH: `${DIST}:${Deno.env.get("PATH")}` },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    child.unref();
    let ended = false;
    child.status.then(() => ended = true);
    await until("containerd answers", async () => {
      if (ended) throw new Error(`it ended:\n${await this.log()}`);
      const { code, stderr } = await this.ctr("version");
      if (code !== 0) throw new Error(stderr);
      return true;
    });
    if (this.network) {
      await until("the CRI plugin serves", async () => {
        const { stdout } = await this.ctr("plugins", "ls");
        return /\.cri\s+cri\s.*\sok/.test(stdout) ||
          /grpc\.v1\s+cri\s.*\sok/.test(stdout);
      });
    }
  }

  /** The daemon's process id inside the box. */
  async pid(): Promise<number> {
    return Number(await Deno.readTextFile(`${this.folder}/pid`));
  }

  /** Ends the daemon, not its shims. */
  async stop(signal: "TERM" | "KILL" = "TERM"): Promise<void> {
    const pid = await this.pid();
    await this.box.kill(pid, signal);
    await until(
      "containerd ends",
      () => !exists(this.box.path(`/proc/${pid}/exe`)),
    );
  }

  /** Runs `ctr` against this containerd, in its default namespace. */
  ctr(...args: string[]) {
    return this.box.run(["ctr", "-a", this.address, ...args]);
  }

  /** All that containerd and the shims (through it) have logged. */
  async log(): Promise<string> {
    return await Deno.readTextFile(this.#log).catch(() => "");
  }

  /** Lines of the log that must never be there. */
  async badLogLines(): Promise<string[]> {
    const bad =
      /panic|goroutine \d+|failed to delete bundle|copy shim log|nil pointer/;
    // containerd 1.6 writes this itself whenever a create fails, with runc too.
    const own = /copy shim log.*file already closed/;
    return (await this.log()).split("\n")
      .filter((line) => bad.test(line) && !own.test(line));
  }

  /** Ends all of it and removes its folder. */
  async close(): Promise<void> {
    await this.box.close();
    await this.network?.close();
    removeCgroups(this.token);
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Removes the parents of cgroups that carry the token: `ctr` and CRI leave them, nothing runs in them any more. */
function removeCgroups(token: string): void {
  for (const { name, isDirectory } of Deno.readDirSync("/sys/fs/cgroup")) {
    if (isDirectory) removeGroup(`/sys/fs/cgroup/${name}/t${token}`);
  }
  removeGroup(`/sys/fs/cgroup/t${token}`);
}

/** Removes a cgroup and those in it; its files are the kernel's. */
function removeGroup(path: string): void {
  if (!exists(path)) return;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) removeGroup(`${path}/${name}`);
  }
  Deno.removeSync(path);
}

/** Our own settings, and below them the drop-in of `deploy/` as its first lines tell a user to join the two. */
function configuration(
  folder: string,
  network: PodNetwork | undefined,
): string {
  const disabled = ["snapshotter.v1.btrfs", "snapshotter.v1.zfs"];
  disabled.push("snapshotter.v1.devmapper", "snapshotter.v1.aufs");
  disabled.push("internal.v1.opt");
  const names = disabled.map((name) => `"io.containerd.${name}"`);
  if (!network) names.push(`"io.containerd.grpc.v1.cri"`);
  const cri = `plugins."io.containerd.grpc.v1.cri"`;
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = [${names.join(", ")}]
[grpc]
  address = "${folder}/c.sock"
[ttrpc]
  address = "${folder}/c.sock.ttrpc"
[debug]
  level = "info"
[${cri}]
  sandbox_image = "localhost/pause:latest"
  restrict_oom_score_adj = ${!mayLowerOomScore()}
  disable_apparmor = true
  enable_selinux = false
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
[${cri}.cni]
  bin_dir = "${network?.binDir ?? folder}"
  conf_dir = "${network?.confDir ?? folder}"
${dropIn()}
`;
}

/** What a user adds for the handler; `SystemdCgroup` is for machines with systemd, which this may not be. */
function dropIn(): string {
  const text = Deno.readTextFileSync(
    fromFileUrl("../../../deploy/containerd/layotto-1.toml"),
  );
  return text.replace(/^version = 2$/m, "")
    .replace("SystemdCgroup = true", "SystemdCgroup = false");
}

/** Some machines' root may not (it lacks CAP_SYS_RESOURCE, bit 24); containerd must then be told. */
function mayLowerOomScore(): boolean {
  const status = Deno.readTextFileSync("/proc/self/status");
  const effective = /^CapEff:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return (BigInt(`0x${effective}`) & (1n << 24n)) !== 0n;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
