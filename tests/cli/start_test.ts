import assert from "node:assert/strict";
import { StateStores } from "../../runtime/components/state/stores.ts";
import { withDefaultStores } from "../../runtime/host/stores.ts";
import { within } from "../../proto/after.ts";
import { Logger } from "../../runtime/log.ts";
import { buildExamples } from "../../tools/build_examples.ts";
import { until } from "../e2e/harness/poll.ts";
import { codeInMemory } from "../program_memory.ts";
import { endingGuest } from "../runtime/laptop/ending_guest.ts";
import { Laptop } from "./laptop.ts";
import { inFolder, layotto, ROOT } from "./run.ts";

const ANSWER = "There are 100 inventories for book1.";

/** What the curl line asks for, without curl. */
async function followCurlLine(laptop: Laptop): Promise<string> {
  const line = /curl -H '(id): (\S+)' '(\S+)'/.exec(laptop.said);
  assert(line?.[2] && line[3], laptop.said);
  const response = await fetch(line[3], { headers: { id: line[2] } });
  return await response.text();
}

async function putBook(data: string, value: string): Promise<void> {
  const stores = new StateStores(withDefaultStores({}), {
    data,
    appId: "",
    log: new Logger(() => {}, "error"),
  });
  try {
    const { store, storedKey } = await stores.get("state_demo");
    await store.set(storedKey("book1"), new TextEncoder().encode(value));
  } finally {
    await stores.close();
  }
}

Deno.test("start without a configuration runs the demo; its curl line gives the quickstart's answer", () =>
  inFolder(async (folder) => {
    await buildExamples();
    const laptop = await Laptop.start(folder);
    try {
      assert.equal(await followCurlLine(laptop), ANSWER);
      const health = await fetch(laptop.url("health"));
      assert.equal(health.status, 200);
      assert.equal((await health.json()).status, "UP");
    } finally {
      assert.equal(await laptop.stop("SIGINT"), 0);
    }
  }));

Deno.test("more clients than there are descriptors wait, and it serves on", () =>
  inFolder(async (folder) => {
    await buildExamples();
    const laptop = await Laptop.start(folder);
    const clients: Deno.TcpConn[] = [];
    try {
      const open = [...Deno.readDirSync(`/proc/${laptop.pid}/fd`)].length;
      const limit = ["--pid", `${laptop.pid}`, `--nofile=${open + 20}`];
      const { success } = await new Deno.Command("prlimit", { args: limit })
        .output();
      assert(success);
      const { hostname, port } = new URL(laptop.url("functions"));
      const address = { hostname, port: Number(port) };
      // Until one is not answered any more.
      for (let answered = true; answered;) {
        assert(clients.length < 100);
        const client = await Deno.connect(address).catch(() => undefined);
        if (client === undefined) break;
        clients.push(client);
        answered = await within(1000, asked(client)) ?? false;
      }
      for (const client of clients.splice(0)) client.close();
      await until("an answer", () => laptop.ask("/?name=book1", "id_1"));
    } finally {
      for (const client of clients) client.close();
      assert.equal(await laptop.stop("SIGINT"), 0);
    }
  }));

/** Whether a request over `client` is answered. */
async function asked(client: Deno.TcpConn): Promise<boolean> {
  const head = "GET /?name=book1 HTTP/1.1\r\nhost: a\r\nid: id_1\r\n\r\n";
  try {
    await client.write(new TextEncoder().encode(head));
    return await client.read(new Uint8Array(1024)) !== null;
  } catch {
    return false; // It was cut, or we closed it.
  }
}

Deno.test("once it runs it gives back the pages of the program that only its start took", () =>
  inFolder(async (folder) => {
    const laptop = await Laptop.start(folder);
    try {
      const before = codeInMemory(laptop.pid);
      await until(
        `less than half of ${before} bytes`,
        () => codeInMemory(laptop.pid) < before / 2,
      );
      assert.equal(await laptop.ask("/?name=book1", "id_1"), ANSWER);
    } finally {
      await laptop.stop();
    }
  }));

Deno.test("the store survives a restart, and book1 is put there only if absent", () =>
  inFolder(async (folder) => {
    await buildExamples();
    const first = await Laptop.start(folder);
    assert.equal(await first.ask("/?name=book1", "id_1"), ANSWER);
    assert.equal(await first.stop("SIGTERM"), 0);

    await putBook(`${folder}/.layotto`, "7");
    const second = await Laptop.start(folder);
    try {
      assert.equal(
        await second.ask("/?name=book1", "id_1"),
        "There are 7 inventories for book1.",
      );
    } finally {
      await second.stop();
    }
  }));

Deno.test("flags and environment say where the data and the configuration are", () =>
  inFolder(async (folder) => {
    await buildExamples();
    const laptop = await Laptop.start(folder, ["--data", `${folder}/kept`], {
      LAYOTTO_CONFIG: `${ROOT}examples/config.json`,
    });
    try {
      await laptop.ask("/?name=book1", "id_1");
      assert.match(laptop.said, new RegExp(`^ +data +${folder}/kept$`, "m"));
    } finally {
      await laptop.stop();
    }
    // Only the demo puts something into a store; a configuration of the user's own does not.
    assert.equal(await exists(`${folder}/.layotto`), false);
  }));

Deno.test("a function that cannot start ends start with status 1 and the reason", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/f.wasm`, "no wasm");
    await Deno.writeTextFile(
      `${folder}/c.json`,
      `{ "functions": { "f": "f.wasm" } }`,
    );
    const ports = ["--http-port=0", "--admin-port=0", "--actuator-port=0"];
    const { code, stderr } = await layotto(
      ["start", "-c", "c.json", ...ports],
      { cwd: folder },
    );
    assert.equal(code, 1, stderr);
    assert.match(stderr, /c\.json: functions\.f: .*not WebAssembly/);
  }));

Deno.test("a port in use ends start with status 1 and names it", () =>
  inFolder(async (folder) => {
    await buildExamples();
    const taken = Deno.listen({ hostname: "0.0.0.0", port: 0 });
    try {
      const { port } = taken.addr as Deno.NetAddr;
      const { code, stderr } = await layotto([
        "start",
        "--admin-port=0",
        "--actuator-port=0",
        `--http-port=${port}`,
        `--data=${folder}`,
      ], { cwd: folder });
      assert.equal(code, 1, stderr);
      assert.match(stderr, new RegExp(`\\b${port}\\b`));
      assert.match(stderr, /in use/i);
    } finally {
      taken.close();
    }
  }));

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.test("what plugins say while the host stops is written before the process ends", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/guest.wasm`, await endingGuest());
    const functions = { one: "guest.wasm", two: "guest.wasm" };
    await Deno.writeTextFile(
      `${folder}/config.json`,
      JSON.stringify({ functions }),
    );
    const laptop = await Laptop.start(folder, ["-c", "config.json"]);
    assert.equal(await laptop.stop("SIGINT"), 0);
    const said = (await laptop.stderr()).matchAll(
      /msg=(done|deleted) function=(one|two)/g,
    );
    assert.deepEqual(
      [...said].map(([, word, name]) => `${name} ${word}`).sort(),
      ["one deleted", "one done", "two deleted", "two done"],
    );
  }));
