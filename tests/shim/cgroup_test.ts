import assert from "node:assert/strict";
import { Cgroup, removeCgroup } from "../../shim/cgroup/cgroup.ts";
import { NO_LIMIT, oomKills, readFigures } from "../../shim/cgroup/figures.ts";
import {
  applyLimits,
  combine,
  HOST_MEMORY,
  HOST_PIDS,
  weightOf,
} from "../../shim/cgroup/limits.ts";
import { metricsOf } from "../../shim/cgroup/metrics.ts";
import { expandCgroupsPath } from "../../shim/cgroup/path.ts";
import { Metrics as MetricsV1 } from "../../proto/gen/containerd/metrics_v1.ts";
import { Metrics as MetricsV2 } from "../../proto/gen/containerd/metrics_v2.ts";
import { inFolder, rootTest } from "./root.ts";

const PATHS: [string, string][] = [
  ["", ""],
  ["/", ""],
  ["/default/f1", "default/f1"],
  ["default//./f1/", "default/f1"],
  ["/kubepods/besteffort/poduid/id", "kubepods/besteffort/poduid/id"],
  [
    "kubepods-besteffort-pod12.slice:cri-containerd:ab",
    "kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod12.slice/cri-containerd-ab.scope",
  ],
  ["system.slice:runc:x", "system.slice/runc-x.scope"],
  [":cri:x", "system.slice/cri-x.scope"],
  ["a.slice::x", "a.slice/x.scope"],
  ["-.slice:p:x", "p-x.scope"],
  ["a.slice::b.slice", "a.slice/b.slice"],
];
for (const [given, expected] of PATHS) {
  Deno.test(`cgroupsPath ${JSON.stringify(given)} is the folder ${JSON.stringify(expected)}`, () => {
    assert.equal(expandCgroupsPath(given), expected);
  });
}
for (
  const given of ["/a/../../b", "a-.slice:p:x", "nonsense:p:x", "..:..:.."]
) {
  Deno.test(`cgroupsPath ${given} is refused`, () => {
    assert.throws(() => expandCgroupsPath(given), TypeError);
  });
}

Deno.test("limits add up, the host's own share on top, and one container without lifts them", () => {
  const a = {
    memory: { limit: 100 },
    cpu: { shares: 512, quota: 50_000, period: 100_000 },
    pids: { limit: 10 },
  };
  const b = {
    memory: { limit: 200 },
    cpu: { shares: 512, quota: 10_000, period: 10_000 },
    pids: { limit: 20 },
  };
  assert.deepEqual(combine([a, b]), {
    memory: 300 + HOST_MEMORY,
    cpuShares: 1024,
    cpuQuota: 150_000,
    cpuPeriod: 100_000,
    pids: 30 + HOST_PIDS,
  });
  assert.deepEqual(combine([a, {}]), { cpuShares: 512 });
  assert.deepEqual(combine([]), {});
  assert.deepEqual(
    combine([{ memory: { limit: -1 }, cpu: { quota: -1 } }]),
    {},
  );
});

Deno.test("the RuntimeClass declares as overhead what a host may use beyond its functions", () => {
  const file = new URL(
    "../../deploy/kubernetes/runtimeclass.yaml",
    import.meta.url,
  );
  const overhead = /^overhead:\n {2}podFixed:\n {4}memory: (\d+)Mi$/m.exec(
    Deno.readTextFileSync(file),
  )?.[1];
  assert.equal(Number(overhead) * 1024 * 1024, HOST_MEMORY);
});

Deno.test("shares become weights between 1 and 10000", () => {
  assert.equal(weightOf(0), 1);
  assert.equal(weightOf(2), 1);
  assert.equal(weightOf(1024), 39);
  assert.equal(weightOf(262_144), 10_000);
  assert.equal(weightOf(1e9), 10_000);
});

/** A folder that looks like a machine with cgroup v2, as far as plain files can. */
async function v2(
  fn: (root: string, cgroup: Cgroup) => void | Promise<void>,
): Promise<void> {
  await inFolder(async (root) => {
    Deno.writeTextFileSync(`${root}/cgroup.controllers`, "cpu memory pids\n");
    Deno.writeTextFileSync(`${root}/cgroup.subtree_control`, "");
    const cgroup = Cgroup.make("/a/b", root);
    assert(cgroup);
    await fn(root, cgroup);
  });
}

Deno.test("v2: one folder, its controllers handed down, its figures read", async () => {
  await v2((root, cgroup) => {
    const folder = `${root}/a/b`;
    assert.equal(cgroup.version, 2);
    assert.deepEqual(cgroup.made, [`${root}/a`, folder]);
    assert.deepEqual(cgroup.procs, [`${folder}/cgroup.procs`]);
    assert.equal(
      Deno.readTextFileSync(`${root}/cgroup.subtree_control`),
      "+pids",
    );
    const files: Record<string, string> = {
      "memory.current": "1000\n",
      "memory.max": "max\n",
      "memory.peak": "2000\n",
      "memory.stat": "anon 300\nfile 500\ninactive_file 200\npgfault 7\n",
      "memory.events": "low 0\nmax 4\noom 2\noom_kill 1\n",
      "cpu.stat": "usage_usec 50\nuser_usec 30\nsystem_usec 20\n",
      "pids.current": "9\n",
      "pids.max": "100\n",
    };
    for (const [name, text] of Object.entries(files)) {
      Deno.writeTextFileSync(`${folder}/${name}`, text);
    }
    const figures = readFigures(cgroup);
    assert.equal(figures.memoryUsage, 1000n);
    assert.equal(figures.memoryLimit, NO_LIMIT);
    assert.equal(figures.inactiveFile, 200n);
    assert.equal(figures.cpuTotal, 50_000n);
    assert.equal(figures.pids, 9n);
    assert.equal(oomKills(cgroup), 1n);
    const any = metricsOf(figures, 2);
    assert.equal(any.typeUrl, "io.containerd.cgroups.v2.Metrics");
    const metrics = MetricsV2.decode(any.value);
    assert.equal(metrics.memory?.usage, 1000n);
    assert.equal(metrics.memory?.usageLimit, NO_LIMIT);
    assert.equal(metrics.cpu?.usageUsec, 50n);
    assert.equal(metrics.memoryEvents?.oomKill, 1n);
  });
});

Deno.test("v2: limits are written in its words", async () => {
  await v2((root, cgroup) => {
    const names = ["memory.max", "cpu.max", "cpu.weight", "pids.max"];
    for (const name of names) Deno.writeTextFileSync(`${root}/a/b/${name}`, "");
    const text = (name: string) => Deno.readTextFileSync(`${root}/a/b/${name}`);
    const limits = {
      memory: 4096,
      cpuQuota: 5000,
      cpuPeriod: 10_000,
      cpuShares: 1024,
      pids: 7,
    };
    assert.deepEqual(applyLimits(cgroup, limits), []);
    assert.deepEqual(names.map(text), ["4096", "5000 10000", "39", "7"]);
    assert.deepEqual(applyLimits(cgroup, {}), []);
    assert.deepEqual(names.map(text), ["max", "max 100000", "39", "max"]);
    Deno.removeSync(`${root}/a/b/pids.max`);
    const [problem = ""] = applyLimits(cgroup, {});
    assert.match(problem, /pids\.max/);
  });
});

Deno.test("a pod without a cgroup still has figures, with no limit", () => {
  for (const version of [1, 2] as const) {
    const { value } = metricsOf(readFigures(undefined), version);
    assert(value.length > 0);
  }
});

rootTest(
  "this machine's cgroup takes a process, counts it, and goes with what was made for it",
  async () => {
    const name = `layotto-test-${crypto.randomUUID().slice(0, 8)}`;
    const cgroup = Cgroup.make(`/${name}/pod/f1`);
    assert(cgroup);
    const child = new Deno.Command("/bin/sh", {
      args: [
        "-c",
        'for file in "$@"; do echo 0 >"$file" || exit 1; done; echo in; read line',
        "sh",
        ...cgroup.procs,
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    assert.deepEqual(applyLimits(cgroup, { memory: 1 << 26, pids: 50 }), []);
    const figures = readFigures(cgroup);
    assert.equal(figures.pids, 1n);
    assert.equal(figures.pidsLimit, 50n);
    assert.equal(figures.memoryLimit, 1n << 26n);
    assert(figures.cpuTotal > 0n);
    assert(figures.memoryUsage > 0n);
    assert.equal(oomKills(cgroup), 0n);
    if (cgroup.version === 1) {
      const metrics = MetricsV1.decode(metricsOf(figures, 1).value);
      assert.equal(metrics.memory?.usage?.limit, 1n << 26n);
      assert.equal(metrics.pids?.current, 1n);
      assert(metrics.cpu?.usage?.total);
    }
    // Removal waits for what is still dying.
    const removed = removeCgroup(cgroup.made);
    await child.stdin.close();
    await child.status;
    assert.deepEqual(await removed, []);
    for (const folder of cgroup.folders.values()) {
      assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);
    }
    assert.equal(readFigures(cgroup).memoryLimit, NO_LIMIT);
  },
);

rootTest("removal leaves what another made in the same parent", async () => {
  const name = `layotto-test-${crypto.randomUUID().slice(0, 8)}`;
  const one = Cgroup.make(`/${name}/one`);
  const two = Cgroup.make(`/${name}/two`);
  assert(one && two);
  const left = await removeCgroup(one.made);
  assert(left.length > 0 && left.every((folder) => folder.endsWith(name)));
  assert.deepEqual(await removeCgroup([...left, ...two.made]), []);
});
