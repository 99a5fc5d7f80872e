/** One task at a time, driven by `ctr` (SHIM.md §10, scenarios 1 to 6, 8, 9, 11, 12, 21). */
import assert from "node:assert/strict";
import { codeInMemory } from "../program_memory.ts";
import { SHIM } from "./harness/containerd.ts";
import { Events } from "./harness/ctr.ts";
import * as guests from "./harness/guests.ts";
import { askInside } from "./harness/http.ts";
import { functionImage, type Layer } from "./harness/image.ts";
import { until } from "./harness/poll.ts";
import { shimOf } from "./harness/shim.ts";
import { useContainerd } from "./harness/world.ts";

const HELLO = "localhost/hello:latest";
const FAILING = "localhost/failing:latest";
const TRAPPING = "localhost/trapping:latest";
const SERVER = "localhost/server:latest";

const test = useContainerd({
  images: async () => [
    functionImage(
      HELLO,
      await guests.command({ out: "hello\n", err: "a word\n" }),
    ),
    functionImage(FAILING, await guests.command({ code: 3 })),
    functionImage(
      TRAPPING,
      await guests.command({ out: "so far\n", trap: true }),
    ),
    functionImage(
      SERVER,
      await guests.fn({ answer: "hello", out: "asked\n" }),
    ),
  ],
});

test("scenario 1: a command's output, errors and exit code are those of ctr run", async ({ ctr }) => {
  const { code, stdout, stderr } = await ctr.run(HELLO, "f1");
  assert.equal(stdout, "hello\n");
  assert.equal(stderr, "a word\n");
  assert.equal(code, 0);
  assert.deepEqual(await ctr.tasks(), []);
});

test("scenario 2: a command's own exit code comes through", async ({ ctr }) => {
  const { code, stderr } = await ctr.run(FAILING, "f1");
  assert.equal(code, 3, stderr);
});

test("scenario 2: a trap is exit code 137, and the log says what trapped", async ({ ctr }) => {
  const { code, stdout, stderr } = await ctr.run(TRAPPING, "f1");
  assert.equal(code, 137, stderr);
  assert.equal(stdout, "so far\n");
  assert.match(stderr, /unreachable/);
});

test("scenario 3: a running function is listed, has a process and figures", async (world) => {
  const { ctr } = world;
  const task = await ctr.start(SERVER, "f2");
  assert.equal(task.status, "RUNNING");
  assert(task.pid > 0);
  assert.equal(await askInside(world, task.pid), "hello");

  const [title, ...processes] = (await ctr.do("task", "ps", "f2")).trim()
    .split("\n");
  assert.match(title ?? "", /PID/);
  assert.equal(processes.length, 1);
  assert.equal(Number.parseInt(processes[0] ?? ""), task.pid);

  const metrics = await ctr.do("task", "metrics", "f2");
  const figure = (name: RegExp) =>
    Number(new RegExp(`^${name.source}\\s+(\\d+)`, "m").exec(metrics)?.[1]);
  assert(figure(/memory\.usage(?:_in_bytes)?/) > 1024 * 1024, metrics);
  assert(figure(/(?:cpuacct\.usage|cpu\.usage_usec)/) > 0, metrics);
  assert(figure(/pids\.current/) > 0, metrics);
  await ctr.remove("f2");
});

test("a pod's two processes give back the pages of the program that only their start took", async (world) => {
  const { ctr, containerd } = world;
  const { pid: host } = await ctr.start(SERVER, "f2");
  const { pid: shim } = await shimOf(world, "f2");
  const proc = containerd.box.path("/proc");
  const inMemory = (pid: number) => [pid, codeInMemory(pid, proc)] as const;
  for (const [pid, before] of [shim, host].map(inMemory)) {
    await until(
      `process ${pid} has less than half of its ${before} bytes of code`,
      () => codeInMemory(pid, proc) < before / 2,
    );
  }
  assert.equal(await askInside(world, host), "hello");
  await ctr.remove("f2");
});

test("scenario 4: TERM stops a function with 143 and removal leaves nothing", async ({ ctr }) => {
  await ctr.start(SERVER, "f2");
  await ctr.do("task", "kill", "f2");
  await ctr.untilStatus("f2", "STOPPED");
  const { stdout, stderr } = await ctr.try(["task", "rm", "f2"]);
  assert.match(stdout + stderr, /exit with non-zero exit code 143/);
  await ctr.do("container", "rm", "f2");
});

test("a function's streams are closed when it has ended, before anybody deletes it", async (world) => {
  const { ctr, containerd } = world;
  await ctr.start(SERVER, "f2");
  const { pid } = await shimOf(world, "f2");
  const fifos = () =>
    [...Deno.readDirSync(containerd.box.path(`/proc/${pid}/fd`))]
      .map(({ name }) => {
        try {
          return Deno.readLinkSync(
            containerd.box.path(`/proc/${pid}/fd/${name}`),
          );
        } catch {
          return ""; // Closed meanwhile.
        }
      })
      .filter((path) => path.includes("/fifo/"));
  assert.notEqual(fifos().length, 0);
  await ctr.do("task", "kill", "f2");
  await ctr.untilStatus("f2", "STOPPED");
  assert.deepEqual(fifos(), []);
  await ctr.try(["task", "rm", "f2"]);
  await ctr.do("container", "rm", "f2");
});

test("scenario 5: a running task cannot be deleted", async ({ ctr }) => {
  await ctr.start(SERVER, "f2");
  const { code, stderr } = await ctr.try(["task", "rm", "f2"]);
  assert.notEqual(code, 0);
  assert.match(
    stderr,
    /must be stopped before deletion: running: failed precondition/,
  );
  assert.equal((await ctr.task("f2")).status, "RUNNING");
  await ctr.remove("f2");
});

test("scenario 6: KILL is 137, and a running task can be removed by force", async ({ ctr }) => {
  await ctr.start(SERVER, "f2");
  await ctr.do("task", "kill", "-s", "9", "f2");
  await ctr.untilStatus("f2", "STOPPED");
  const { stdout, stderr } = await ctr.try(["task", "rm", "f2"]);
  assert.match(stdout + stderr, /exit with non-zero exit code 137/);
  await ctr.do("container", "rm", "f2");

  await ctr.start(SERVER, "f3");
  const forced = await ctr.try(["task", "rm", "-f", "f3"]);
  assert.match(forced.stdout + forced.stderr, /137/);
  await ctr.do("container", "rm", "f3");
});

test("scenario 8: exec, pause and checkpoint say not implemented and harm nothing", async (world) => {
  const { ctr } = world;
  const { pid } = await ctr.start(SERVER, "f2");
  for (
    const call of [
      ["task", "exec", "--exec-id", "e", "f2", "ls"],
      ["task", "pause", "f2"],
      ["task", "checkpoint", "f2"],
    ]
  ) {
    const { code, stderr } = await ctr.try(call);
    assert.notEqual(code, 0, call.join(" "));
    assert.match(stderr, /not implemented/, call.join(" "));
  }
  assert.equal((await ctr.task("f2")).status, "RUNNING");
  assert.equal(await askInside(world, pid), "hello");
  await ctr.remove("f2");
});

test("scenario 9: the events are create, start, exit, delete, with pid, status and time", async ({ ctr }) => {
  const events = new Events(ctr);
  try {
    await until("ctr events is connected", async () => {
      await ctr.do("namespaces", "label", ctr.namespace, `n=${Date.now()}`);
      return events.lines.length > 0;
    });
    await ctr.run(FAILING, "f1");
    await until(
      "the delete event",
      () => events.of("f1").some(({ topic }) => topic === "/tasks/delete"),
    );
    const seen = events.of("f1");
    assert.deepEqual(seen.map(({ topic }) => topic), [
      "/tasks/create",
      "/tasks/start",
      "/tasks/exit",
      "/tasks/delete",
    ]);
    const [create, start, exit, remove] = seen.map(({ event }) => event);
    assert(Number(create?.pid) > 0);
    for (const event of [start, exit, remove]) {
      assert.equal(event?.pid, create?.pid);
    }
    assert.match(String(create?.bundle), /\/f1$/);
    assert.equal(exit?.exit_status, 3);
    assert.equal(exit?.id, "f1");
    assert.equal(remove?.exit_status, 3);
    assert.equal(remove?.exited_at, exit?.exited_at);
    const age = Date.now() - Date.parse(String(exit?.exited_at));
    assert(age >= 0 && age < 120_000, `exited_at: ${exit?.exited_at}`);
  } finally {
    await events.close();
  }
});

test("scenario 11: what cannot run fails at create, by name, and leaves nothing", async ({ ctr }) => {
  const whole = await guests.command({ out: "x" });
  await ctr.import({
    reference: "localhost/odd:latest",
    layers: [{
      "text.wasm": "this is text, not wasm",
      "short.wasm": whole.slice(0, whole.length - 9),
      "good.wasm": whole,
    }],
    command: ["/good.wasm"],
  });
  const cases: [string, RegExp][] = [
    ["/missing.wasm", /\/missing\.wasm/],
    ["/text.wasm", /\/text\.wasm: .*WebAssembly/],
    ["/short.wasm", /\/short\.wasm/],
  ];
  for (const [path, reason] of cases) {
    const { code, stderr } = await ctr.run("localhost/odd:latest", "f1", {
      args: [path],
    });
    assert.equal(code, 1, path);
    assert.match(stderr, /failed to create shim task: /, path);
    assert.match(stderr, reason);
    assert.deepEqual(await ctr.tasks(), []);
    // ctr itself keeps the container when its task cannot be made.
    await ctr.try(["container", "rm", "f1"]);
  }
  const { code, stdout, stderr } = await ctr.run("localhost/odd:latest", "f1");
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "x");
});

test("scenario 12: without stdio a task runs and ends", async ({ ctr }) => {
  const { code, stdout, stderr } = await ctr.run(HELLO, "f1", {
    flags: ["--null-io"],
  });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "");
});

test("scenario 12: a file:// log takes both streams and is appended to", async ({ ctr, containerd }) => {
  const log = `${containerd.folder}/new/folder/x.log`;
  const flags = ["--log-uri", `file://${log}`];
  for (const id of ["f1", "f2"]) {
    const { code, stderr } = await ctr.run(HELLO, id, { flags });
    assert.equal(code, 0, stderr);
  }
  const lines = (await Deno.readTextFile(log)).trim().split("\n");
  assert.deepEqual(lines.sort(), ["a word", "a word", "hello", "hello"]);
});

test("scenario 14: standard input reaches a command, and its end too", async ({ ctr }) => {
  await ctr.import(functionImage("localhost/copy:latest", await guests.copy()));
  const { code, stdout, stderr } = await ctr.run(
    "localhost/copy:latest",
    "f1",
    {
      stdin: "hi\nthere\n",
    },
  );
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "hi\nthere\n");
});

test("scenario 21: the shim can be named by its absolute path", async ({ ctr }) => {
  const { code, stdout, stderr } = await ctr.try(
    ["run", "--rm", "--runtime", SHIM, HELLO, "f1"],
  );
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "hello\n");
});

test("a function out of several layers: the top one counts, a whiteout hides", async ({ ctr }) => {
  const old = await guests.command({ out: "old\n" });
  const fresh = await guests.command({ out: "fresh\n" });
  const layers: Layer[] = [
    { "app/fn.wasm": old, "app/gone.wasm": old, "closed/fn.wasm": old },
    { "app/fn.wasm": fresh, "app/.wh.gone.wasm": "" },
    { "closed/.wh..wh..opq": "", "bin/fn.wasm": { link: "../app/fn.wasm" } },
  ];
  await ctr.import({ reference: "localhost/layers:latest", layers });
  const run = (path: string, flags: string[] = []) =>
    ctr.run("localhost/layers:latest", "f1", { flags, args: [path] });
  assert.equal((await run("/app/fn.wasm")).stdout, "fresh\n");
  assert.equal((await run("/bin/fn.wasm")).stdout, "fresh\n");
  assert.equal(
    (await run("/app/fn.wasm", ["--snapshotter", "native"])).stdout,
    "fresh\n",
  );
  for (const path of ["/app/gone.wasm", "/closed/fn.wasm"]) {
    const { code, stderr } = await run(path);
    assert.equal(code, 1, path);
    assert.match(stderr, /failed to create shim task: .*not found|no such/);
    await ctr.try(["container", "rm", "f1"]);
  }
});
