import assert from "node:assert/strict";
import { HostRequestError } from "../../../runtime/mod.ts";
import { command, fn } from "../../e2e/harness/guests.ts";
import {
  containerSpec,
  freePort,
  keyOf,
  podSpec,
  ports,
  startHost,
} from "./harness.ts";

async function get(port: number, id?: string): Promise<[number, string]> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    headers: id === undefined ? {} : { id },
  });
  return [response.status, await response.text()];
}

Deno.test("a command's output, exit status and input go through the control pipes", async () => {
  await using host = await startHost();
  await host.client.openPod("p1", podSpec(ports(freePort())));
  const key = keyOf("c1");
  const module = await command({ out: "to stdout", err: "to stderr", code: 3 });
  await host.client.create(key, containerSpec("c1"), module);
  await host.client.start(key);
  assert.equal((await host.exit(key)).status, 3);
  assert.equal(host.output(key, 1), "to stdout");
  assert.equal(host.output(key, 2), "to stderr");
  await host.client.delete(key);
});

Deno.test("a lone function answers without an id, and 404 to an id that is not its own", async () => {
  await using host = await startHost();
  const port = freePort();
  await host.client.openPod("p1", podSpec(ports(port)));
  const key = keyOf("f1");
  await host.client.create(
    key,
    containerSpec("f1"),
    await fn({ id: "one", answer: "hello" }),
  );
  await host.client.start(key);
  assert.deepEqual(await get(port), [200, "hello"]);
  assert.deepEqual(await get(port, "one"), [200, "hello"]);
  const [status, body] = await get(port, "two");
  assert.equal(status, 404);
  assert.match(JSON.parse(body).error, /"two".*known are one/);
});

Deno.test("whoever reaches the listener reaches the function, from the first request on", async () => {
  const module = await fn({ id: "one", answer: "x" });
  for (let round = 0; round < 8; round++) {
    await using host = await startHost();
    const port = freePort();
    await host.client.openPod("p1", podSpec(ports(port)));
    await host.client.create(keyOf("f1"), containerSpec("f1"), module);
    const started = host.client.start(keyOf("f1"));
    let answer: Response | undefined;
    while (answer === undefined) {
      answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    }
    assert.deepEqual([answer.status, await answer.text()], [200, "x"]);
    await started;
  }
});

Deno.test("a host serves where it was told to, whatever address was guessed before", async () => {
  const module = await fn({ id: "one", answer: "x" });
  const port = freePort();
  for (
    const guess of [`127.0.0.1:${port}`, `127.0.0.1:${freePort()}`, "", "[:x:y"]
  ) {
    await using host = await startHost(guess);
    await host.client.openPod("p1", podSpec(ports(port)));
    await host.client.create(keyOf("f1"), containerSpec("f1"), module);
    await host.client.start(keyOf("f1"));
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(await answer.text(), "x", guess);
  }
});

Deno.test("a second function shares the listener of the first, and none answers without an id then", async () => {
  await using host = await startHost();
  const port = freePort();
  await host.client.openPod("p1", podSpec(ports(port)));
  for (const id of ["one", "two"]) {
    const key = keyOf(id);
    await host.client.create(
      key,
      containerSpec(id),
      await fn({ id, answer: `I am ${id}` }),
    );
    await host.client.start(key);
  }
  assert.deepEqual(await get(port, "one"), [200, "I am one"]);
  assert.deepEqual(await get(port, "two"), [200, "I am two"]);
  const [status, body] = await get(port);
  assert.equal(status, 400);
  assert.match(JSON.parse(body).error, /several functions/);
});

Deno.test("each function has its own limit of bodies, also where another opened the listener", async () => {
  await using host = await startHost();
  const port = freePort();
  await host.client.openPod("p1", podSpec(ports(port)));
  const limits = { one: "8", two: "64", three: "16" };
  for (const [id, limit] of Object.entries(limits)) {
    const key = keyOf(id);
    await host.client.create(
      key,
      containerSpec(id, { annotations: { "body-limit": limit } }),
      await fn({ id, answer: `I am ${id}` }),
    );
    await host.client.start(key);
  }
  for (const [id, limit] of Object.entries(limits)) {
    for (const [length, status] of [[+limit, 200], [+limit + 1, 413]]) {
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        method: "POST",
        headers: { id },
        body: "x".repeat(length!),
      });
      assert.equal(answer.status, status, `${id} with ${length} bytes`);
      if (status === 200) assert.equal(await answer.text(), `I am ${id}`);
      else assert.match((await answer.json()).error, RegExp(`function ${id}:`));
    }
  }
});

Deno.test("the listener outlives the function whose isolate opened it", async () => {
  await using host = await startHost();
  const port = freePort();
  await host.client.openPod("p1", podSpec(ports(port)));
  for (const id of ["one", "two"]) {
    const key = keyOf(id);
    await host.client.create(
      key,
      containerSpec(id),
      await fn({ id, answer: `I am ${id}` }),
    );
    await host.client.start(key);
  }
  await host.client.signal(keyOf("one"), 15);
  assert.equal((await host.exit(keyOf("one"))).status, 143);
  assert.deepEqual(await get(port), [200, "I am two"]);
  await host.client.delete(keyOf("one"));
  const again = await fn({ id: "one", answer: "I am back" });
  await host.client.create(keyOf("one"), containerSpec("one"), again);
  await host.client.start(keyOf("one"));
  assert.deepEqual(await get(port, "one"), [200, "I am back"]);
});

Deno.test("one host holds two pods that know nothing of each other", async () => {
  await using host = await startHost();
  const portOf = new Map([["p1", freePort()], ["p2", freePort()]]);
  for (const [pod, port] of portOf) {
    await host.client.openPod(pod, podSpec(ports(port)));
    const key = keyOf("same", pod);
    await host.client.create(
      key,
      containerSpec("same"),
      await fn({ id: "same", answer: `of ${pod}` }),
    );
    await host.client.start(key);
  }
  for (const [pod, port] of portOf) {
    assert.deepEqual(await get(port, "same"), [200, `of ${pod}`]);
  }
  await host.client.signal(keyOf("same", "p1"), 9);
  assert.equal((await host.exit(keyOf("same", "p1"))).status, 137);
  assert.deepEqual(await get(portOf.get("p2")!, "same"), [200, "of p2"]);
});

Deno.test("a trap answers 500, is logged with its function, and the next request finds a fresh instance", async () => {
  await using host = await startHost();
  const port = freePort();
  await host.client.openPod("p1", podSpec(ports(port)));
  const key = keyOf("f1");
  await host.client.create(
    key,
    containerSpec("f1"),
    await fn({ id: "one", answer: "", trap: true }),
  );
  await host.client.start(key);
  for (let i = 0; i < 3; i++) {
    const [status, body] = await get(port);
    assert.equal(status, 500);
    assert.match(JSON.parse(body).error, /^function one: .*unreachable/);
  }
  assert.match(
    host.output(key, 2),
    /level=error .*proxy_on_request_headers.*function=one/,
  );
});

Deno.test("a guest that never returns ends the host, which says why: nothing else ends a loop (trap 7)", async () => {
  await using host = await startHost();
  const port = freePort();
  await host.client.openPod("p1", podSpec(ports(port)));
  const key = keyOf("f1");
  await host.client.create(
    key,
    containerSpec("f1", { annotations: { "request-timeout": "100ms" } }),
    await fn({ id: "one", answer: "", loop: true }),
  );
  await host.client.start(key);
  const asked = assert.rejects(get(port));
  let ended = false;
  const { status } = host.process;
  status.then(() => ended = true);
  while (!ended) {
    await host.client.ping().catch(() => {});
    await Promise.race([status, new Promise((done) => setTimeout(done, 100))]);
  }
  assert.equal((await status).code, 70);
  await host.closed;
  assert.match(host.output(key, 2), /function one has kept its isolate busy/);
  await asked;
});

Deno.test("what cannot run is refused at create, with the path and what is wrong", async () => {
  await using host = await startHost();
  await host.client.openPod("p1", podSpec(ports(freePort())));
  const good = await fn({ id: "one", answer: "x" });
  const bad: [string, Uint8Array, RegExp][] = [
    ["text", new TextEncoder().encode("#!/bin/sh\n"), /text\.wasm: not WebAss/],
    ["empty", new Uint8Array(0), /empty\.wasm: not WebAssembly.*empty file/],
    ["cut", good.subarray(0, good.length - 5), /cut\.wasm: not a valid WebAs/],
    [
      "component",
      Uint8Array.of(0, 0x61, 0x73, 0x6d, 13, 0, 1, 0),
      /component\.wasm: a WebAssembly component/,
    ],
    [
      "stranger",
      await fn({ id: "s", answer: "", unknownImport: "launch_rocket" }),
      /stranger\.wasm: .*env\.launch_rocket/,
    ],
  ];
  for (const [name, module, expected] of bad) {
    await assert.rejects(
      host.client.create(keyOf(name), containerSpec(name), module),
      (error: HostRequestError) =>
        error.code === "invalid" && expected.test(error.message),
      name,
    );
  }
  await host.client.create(keyOf("f1"), containerSpec("f1"), good);
  await assert.rejects(
    host.client.create(keyOf("f2"), containerSpec("f2"), good),
    /id one of f2 .* is taken: f1/,
  );
});

Deno.test("a port in use and an unknown annotation are named", async () => {
  await using host = await startHost();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  await host.client.openPod("p1", podSpec(ports(port)));
  const module = await fn({ id: "one", answer: "x" });
  await host.client.create(keyOf("f1"), containerSpec("f1"), module);
  await assert.rejects(
    host.client.start(keyOf("f1")),
    new RegExp(`cannot listen on 127.0.0.1:${port}: the port is in use`),
  );
  await host.client.openPod("p3", {
    ...podSpec(),
    annotations: { ...ports(0), "actuator-port": `${port}` },
  });
  await host.client.create(keyOf("f1", "p3"), containerSpec("f1"), module);
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(
      host.client.start(keyOf("f1", "p3")),
      new RegExp(`cannot listen on \\S+:${port}: the port is in use`),
    );
  }
  await host.client.openPod("p2", podSpec({ "http-prot": "80" }));
  await assert.rejects(
    host.client.create(keyOf("f1", "p2"), containerSpec("f1"), module),
    /http-prot.*did you mean "http-port"/,
  );
});

Deno.test("pause, resume and exec have their place and answer that they are not implemented", async () => {
  await using host = await startHost();
  for (
    const call of [
      host.client.pause(keyOf("x")),
      host.client.resume(keyOf("x")),
      host.client.exec(keyOf("x"), {}),
    ]
  ) {
    await assert.rejects(
      call,
      (error: HostRequestError) => error.code === "unimplemented",
    );
  }
});

Deno.test("a host ends itself when the shim's pipe ends", async () => {
  const host = await startHost();
  host.client.close();
  assert.equal((await host.process.status).success, true);
});
