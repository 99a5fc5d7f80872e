/** The cage with the real chain; in the host's place a shell that answers what it sees. */
import assert from "node:assert/strict";
import { failedStep } from "../../shim/cage/chain.ts";
import { HostProcess } from "../../shim/cage/host_process.ts";
import { identityOf, NOBODY, serves } from "../../shim/cage/identity.ts";
import {
  type Network,
  PodNamespaces,
  removeNamespaces,
} from "../../shim/cage/namespaces.ts";
import { Cgroup, removeCgroup } from "../../shim/cgroup/cgroup.ts";
import { MS } from "../../shim/libc.ts";
import { makeMountPoint, mount, unmount } from "../../shim/mounts.ts";
import { inFolder, rootTest, run } from "./root.ts";

const MARK = "-- done --";

/** A shell in a cage. */
class Caged {
  readonly host: HostProcess;
  readonly lines: string[] = [];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #held = "";

  constructor(
    namespaces: PodNamespaces,
    options: Partial<Parameters<typeof HostProcess.spawn>[0]> = {},
  ) {
    this.host = HostProcess.spawn({
      namespaces,
      identity: { uid: NOBODY, gid: NOBODY, groups: [] },
      cgroupProcs: [],
      oomScoreAdj: 0,
      shelves: [],
      command: { path: "/bin/sh", args: ["-s"] },
      onLine: (line) => this.lines.push(line),
      ...options,
    });
    this.#reader = this.host.stdout.getReader();
    this.#writer = this.host.stdin.getWriter();
  }

  /** What a command prints in the cage. */
  async ask(command: string): Promise<string> {
    await this.#writer.write(
      new TextEncoder().encode(`${command}\necho '${MARK}'\n`),
    );
    for (;;) {
      const at = this.#held.indexOf(MARK);
      if (at >= 0) {
        const said = this.#held.slice(0, at);
        this.#held = this.#held.slice(at + MARK.length + 1);
        return said.trim();
      }
      const { done, value } = await this.#reader.read();
      if (done) throw new Error(`the cage ended: ${this.lines.join("; ")}`);
      this.#held += new TextDecoder().decode(value);
    }
  }

  async end(): Promise<void> {
    this.host.kill();
    await this.host.ended;
    await this.#reader.cancel();
    await this.#writer.close().catch(() => {});
  }
}

/** Makes namespaces in a folder, gives them to `fn`, removes them. */
async function withNamespaces(
  network: Network,
  hostname: string,
  fn: (namespaces: PodNamespaces, folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const before = ownNamespaces();
    const namespaces = PodNamespaces.make(`${folder}/ns`, network, hostname);
    try {
      assert.deepEqual(ownNamespaces(), before);
      await fn(namespaces, folder);
      assert.deepEqual(ownNamespaces(), before);
    } finally {
      removeNamespaces(`${folder}/ns`);
    }
    const table = Deno.readTextFileSync("/proc/self/mountinfo");
    assert(!table.includes(folder), "a mount is left");
  });
}

const KINDS = ["mnt", "uts", "ipc", "net", "pid"];

function ownNamespaces(): Record<string, string> {
  return Object.fromEntries(
    KINDS.map((
      kind,
    ) => [kind, Deno.readLinkSync(`/proc/thread-self/ns/${kind}`)]),
  );
}

async function namespacesOf(caged: Caged): Promise<Record<string, string>> {
  const links = await caged.ask(
    `for k in ${KINDS.join(" ")}; do readlink /proc/self/ns/$k; done`,
  );
  return Object.fromEntries(
    links.split("\n").map((link) => [link.slice(0, link.indexOf(":")), link]),
  );
}

rootTest(
  "a host holds nothing: no root, no groups, no capabilities, no way to new ones",
  async () => {
    await withNamespaces({ kind: "fresh" }, "", async (namespaces) => {
      const caged = new Caged(namespaces);
      const status = await caged.ask("cat /proc/self/status");
      const field = (name: string) =>
        new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1]?.trim();
      for (const name of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
        assert.match(field(name) ?? "", /^0+$/, name);
      }
      assert.equal(field("NoNewPrivs"), "1");
      assert.equal(field("Groups"), "");
      const ids = Array(4).fill(NOBODY).join("\t");
      assert.equal(field("Uid"), ids);
      assert.equal(field("Gid"), ids);
      await caged.end();
    });
  },
);

rootTest(
  "a host has namespaces of its own, is process 1, and sees its own processes alone",
  async () => {
    await withNamespaces({ kind: "fresh" }, "pod-1", async (namespaces) => {
      const caged = new Caged(namespaces);
      const inside = await namespacesOf(caged);
      const outside = ownNamespaces();
      for (const kind of KINDS) {
        assert.match(inside[kind] ?? "", /^\w+:\[\d+\]$/);
        assert.notEqual(inside[kind], outside[kind], kind);
      }
      assert.equal(await caged.ask("echo $$"), "1");
      const processes = await caged.ask("cd /proc; echo [0-9]*");
      assert(processes.split(" ").every((pid) => Number(pid) < 50), processes);
      assert.equal(await caged.ask("cat /proc/sys/kernel/hostname"), "pod-1");
      const lo = await caged.ask("cat /proc/net/dev");
      assert.deepEqual([...lo.matchAll(/^\s*(\S+):/gm)].map(([, it]) => it), [
        "lo",
      ]);
      assert.equal(
        await caged.ask("cat /sys/class/net/lo/flags; true"),
        Deno.readTextFileSync("/sys/class/net/lo/flags").trim(),
      );
      // What the shim reports is the id in its own namespace.
      assert.equal(
        Deno.readLinkSync(`/proc/${caged.host.pid}/ns/pid`),
        inside.pid,
      );
      await caged.end();
    });
  },
);

rootTest("a fresh network's loopback is up", async () => {
  await withNamespaces({ kind: "fresh" }, "", async (_namespaces, folder) => {
    const out = await run(
      "nsenter",
      `--net=${folder}/ns/net`,
      "cat",
      "/proc/net/fib_trie",
    );
    assert.match(out, /127\.0\.0\.1/);
  });
});

rootTest(
  "two hosts of a pod share its network, hostname and ipc, and nothing else",
  async () => {
    await withNamespaces({ kind: "fresh" }, "pod", async (namespaces) => {
      const [one, two] = [new Caged(namespaces), new Caged(namespaces)];
      const [a, b] = [await namespacesOf(one), await namespacesOf(two)];
      for (const kind of ["uts", "ipc", "net"]) assert.equal(a[kind], b[kind]);
      for (const kind of ["mnt", "pid"]) assert.notEqual(a[kind], b[kind]);
      await one.end();
      await two.end();
      // The namespaces outlive their hosts: the next one finds them.
      const three = new Caged(namespaces);
      assert.equal((await namespacesOf(three)).net, a.net);
      await three.end();
    });
  },
);

rootTest(
  "a pod's network can be the node's or one that has a name",
  async () => {
    await withNamespaces({ kind: "host" }, "", async (namespaces) => {
      const caged = new Caged(namespaces);
      assert.equal((await namespacesOf(caged)).net, ownNamespaces().net);
      await caged.end();
    });
    await withNamespaces({ kind: "fresh" }, "", async (_, folder) => {
      const path = `${folder}/ns/net`;
      const inner = PodNamespaces.make(
        `${folder}/second`,
        { kind: "path", path },
        "",
      );
      const caged = new Caged(inner);
      const { ino } = Deno.statSync(path);
      assert.equal((await namespacesOf(caged)).net, `net:[${ino}]`);
      await caged.end();
      removeNamespaces(`${folder}/second`);
    });
  },
);

rootTest(
  "a network namespace that does not exist is named, and the thread stays where it was",
  async () => {
    await inFolder((folder) => {
      const before = ownNamespaces();
      assert.throws(
        () =>
          PodNamespaces.make(
            `${folder}/ns`,
            { kind: "path", path: `${folder}/none` },
            "",
          ),
        new RegExp(`${folder}/none`),
      );
      assert.deepEqual(ownNamespaces(), before);
      assert.throws(() => Deno.statSync(`${folder}/ns`), Deno.errors.NotFound);
    });
  },
);

rootTest(
  "what is mounted after a host started appears in it, and goes again; other pods' things never show",
  async () => {
    await withNamespaces({ kind: "fresh" }, "", async (namespaces, folder) => {
      const shelf = `${folder}/shelf`;
      const own = `${shelf}/mine/c`;
      Deno.mkdirSync(own, { recursive: true });
      Deno.mkdirSync(`${shelf}/theirs/c`, { recursive: true });
      Deno.writeTextFileSync(`${shelf}/theirs/c/secret`, "");
      Deno.mkdirSync(`${folder}/image`);
      Deno.writeTextFileSync(`${folder}/image/late`, "here I am");
      makeMountPoint(own, MS.SHARED);
      try {
        const caged = new Caged(namespaces, { shelves: [{ shelf, own }] });
        const theirs = `ls ${shelf}/theirs 2>&1 | grep -c such`;
        assert.equal(await caged.ask(`ls ${own}`), "");
        assert.equal(await caged.ask(theirs), "1");
        Deno.mkdirSync(`${own}/f1`);
        mount(`${folder}/image`, `${own}/f1`, "", MS.BIND);
        assert.equal(await caged.ask(`cat ${own}/f1/late`), "here I am");
        unmount(`${own}/f1`);
        assert.equal(await caged.ask(`ls ${own}/f1`), "");
        assert.equal(await caged.ask(theirs), "1");
        await caged.end();
      } finally {
        unmount(own);
      }
    });
  },
);

rootTest("nothing a host's namespace mounts gets out", async () => {
  await withNamespaces({ kind: "fresh" }, "", async (namespaces, folder) => {
    const own = `${folder}/shelf/mine`;
    Deno.mkdirSync(own, { recursive: true });
    const before = Deno.readTextFileSync("/proc/self/mountinfo");
    const caged = new Caged(namespaces, {
      shelves: [{ shelf: `${folder}/shelf`, own }],
    });
    await caged.ask("true");
    assert.equal(Deno.readTextFileSync("/proc/self/mountinfo"), before);
    await caged.end();
  });
});

rootTest("user, groups, cgroup and oom score are those asked for", async () => {
  await withNamespaces({ kind: "fresh" }, "", async (namespaces) => {
    const name = `layotto-test-${crypto.randomUUID().slice(0, 8)}`;
    const cgroup = Cgroup.make(`/${name}/f1`);
    assert(cgroup);
    const caged = new Caged(namespaces, {
      identity: { uid: 1234, gid: 2345, groups: [3456, 4567] },
      cgroupProcs: cgroup.procs,
      oomScoreAdj: 777,
    });
    assert.equal(
      await caged.ask("id -u; id -g; id -G"),
      [
        "1234",
        "2345",
        "2345 3456 4567",
      ].join("\n"),
    );
    assert.equal(await caged.ask("cat /proc/self/oom_score_adj"), "777");
    const groups = await caged.ask("cat /proc/self/cgroup");
    const controllers = cgroup.version === 2
      ? [""]
      : [...cgroup.folders.keys()];
    for (const controller of controllers) {
      assert.match(groups, new RegExp(`:${controller}:/${name}/f1$`, "m"));
    }
    await caged.end();
    assert.deepEqual(await removeCgroup(cgroup.made), []);
  });
});

rootTest("a host's environment holds only what is meant for it", async () => {
  Deno.env.set("LAYOTTO_TEST_SETTING", "yes");
  Deno.env.set("SECRET_OF_CONTAINERD", "no");
  try {
    await withNamespaces({ kind: "fresh" }, "", async (namespaces) => {
      const caged = new Caged(namespaces);
      const env = await caged.ask("cat /proc/1/environ | tr '\\0' '\\n'");
      assert.match(env, /^LAYOTTO_TEST_SETTING=yes$/m);
      const names = env.split("\n").map((line) => line.split("=")[0] ?? "");
      for (const name of names) {
        assert.match(
          name,
          /^(LAYOTTO_\w+|PATH|NO_COLOR|DENO_DIR|DENO_NO_UPDATE_CHECK|PWD)$/,
        );
      }
      await caged.end();
    });
  } finally {
    Deno.env.delete("LAYOTTO_TEST_SETTING");
    Deno.env.delete("SECRET_OF_CONTAINERD");
  }
});

rootTest("a host that cannot be run says at which step, in words", async () => {
  await withNamespaces({ kind: "fresh" }, "", async (namespaces) => {
    const missing = new Caged(namespaces, {
      command: { path: "/no/such/program", args: [] },
    });
    const { status, reason } = await missing.host.ended;
    assert.equal(status, 127);
    assert.match(reason, /finding setpriv .*\/no\/such\/program/);
    const stuck = new Caged(namespaces, {
      cgroupProcs: ["/no/such/cgroup.procs"],
    });
    const exit = await stuck.host.ended;
    assert.match(exit.reason, /entering its cgroup/);
    await missing.end();
    await stuck.end();
  });
});

rootTest(
  "a host ends with the process that spawned it, even if it reads nothing",
  async () => {
    await inFolder(async (folder) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--quiet",
          new URL("./orphan.ts", import.meta.url).pathname,
          `${folder}/ns`,
        ],
        stdout: "piped",
      }).spawn();
      try {
        const reader = child.stdout.getReader();
        const { value } = await reader.read();
        const pid = Number(new TextDecoder().decode(value));
        assert(runs(pid), `process ${pid}`);
        child.kill("SIGKILL");
        await child.status;
        await reader.cancel();
        while (runs(pid)) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      } finally {
        removeNamespaces(`${folder}/ns`);
      }
    });
  },
);

function runs(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test("whoever asks for root becomes nobody; everybody else is who they are", () => {
  const user = (uid?: number, gid?: number, additionalGids?: number[]) =>
    identityOf({ process: { user: { uid, gid, additionalGids } } });
  assert.deepEqual(identityOf({}), { uid: NOBODY, gid: NOBODY, groups: [] });
  assert.deepEqual(user(0, 0, [0]), { uid: NOBODY, gid: NOBODY, groups: [] });
  assert.deepEqual(user(1000, 0, [7, 5, 7, 0]), {
    uid: 1000,
    gid: NOBODY,
    groups: [5, 7],
  });
  assert.deepEqual(user(-1, 2 ** 32, [1.5]), {
    uid: NOBODY,
    gid: NOBODY,
    groups: [],
  });
});

Deno.test("a host serves a function that wants nobody in particular, or just its own user", () => {
  const host = { uid: 1000, gid: 2000, groups: [3000] };
  const nobody = { uid: NOBODY, gid: NOBODY, groups: [] };
  assert(serves(host, nobody));
  assert(serves(host, host));
  assert(serves(host, { ...nobody, groups: [2000, 3000] }));
  assert(!serves(host, { ...host, uid: 1001 }));
  assert(!serves(host, { ...host, gid: 2001 }));
  assert(!serves(host, { ...host, groups: [3001] }));
  assert(!serves(nobody, host));
});

Deno.test("only the chain's own exit statuses are put into words", () => {
  assert.equal(failedStep(1), "");
  assert.equal(failedStep(137), "");
  assert.match(failedStep(121), /\/proc/);
});
