import assert from "node:assert/strict";
import { Code, type TtrpcError } from "../../proto/ttrpc/mod.ts";
import { close, libcLater, O, open } from "../../shim/libc.ts";
import { InputPump } from "../../shim/stdio/input.ts";
import { openSink } from "../../shim/stdio/sink.ts";
import { Stdio } from "../../shim/stdio/stdio.ts";
import { inFolder, run } from "./root.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (text: string) => new TextEncoder().encode(text);

async function withFifo(
  fn: (path: string) => void | Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await run("mkfifo", `${folder}/fifo`);
    await fn(`${folder}/fifo`);
  });
}

/** Reads a FIFO to its end, as containerd does. */
function reader(path: string): Promise<Uint8Array> {
  return new Response(
    new ReadableStream({
      async start(controller) {
        using file = await Deno.open(path);
        const buffer = new Uint8Array(8192);
        for (;;) {
          const count = await file.read(buffer);
          if (count === null) return controller.close();
          controller.enqueue(buffer.slice(0, count));
        }
      },
    }),
  ).bytes();
}

Deno.test("a FIFO is opened and written without a reader, and its reader gets everything and the end", async () => {
  await withFifo(async (path) => {
    const sink = openSink("stdout", path);
    await sink.write(bytes("one "));
    const reading = reader(path);
    await sink.write(bytes("two"));
    // The end must not come before what is in the pipe was taken: the reader is there first.
    await until(() => isDrained(path));
    await sink.drained();
    sink.close();
    assert.equal(text(await reading), "one two");
  });
});

/** Whether a pipe holds nothing: ioctl(2) FIONREAD. */
function isDrained(path: string): boolean {
  const FIONREAD = 0x541bn;
  const count = new Int32Array(1);
  const fd = open(path, O.RDONLY | O.NONBLOCK);
  libcLater().ioctl(fd, FIONREAD, new Uint8Array(count.buffer));
  close(fd);
  return count[0] === 0;
}

async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("more than a pipe holds waits for the reader, in order, and nothing is lost", async () => {
  await withFifo(async (path) => {
    const sink = openSink("stdout", path);
    const chunks = Array.from(
      { length: 64 },
      (_, at) => new Uint8Array(10_000).fill(at),
    );
    const writes = chunks.map((chunk) => sink.write(chunk));
    assert.equal(writes[0], undefined);
    assert(writes.at(-1) instanceof Promise);
    const reading = reader(path);
    await Promise.all(writes);
    await until(() => isDrained(path));
    sink.close();
    const all = await reading;
    assert.equal(all.length, 640_000);
    chunks.forEach((chunk, at) =>
      assert.deepEqual(all.subarray(at * 10_000, (at + 1) * 10_000), chunk)
    );
  });
});

Deno.test("closing a full FIFO is at once and lets writers go", async () => {
  await withFifo(async (path) => {
    const sink = openSink("stdout", path);
    const write = sink.write(new Uint8Array(1_000_000));
    assert(write instanceof Promise);
    sink.close();
    await write;
    await sink.drained();
    assert.equal(sink.write(bytes("late")), undefined);
  });
});

Deno.test("file:// makes folders and appends, and a plain path of a file appends, too", async () => {
  await inFolder((folder) => {
    const path = `${folder}/a b/c/x.log`;
    for (const value of [`file://${folder}/a%20b/c/x.log`, path]) {
      const sink = openSink("stdout", value);
      sink.write(bytes("line\n"));
      sink.close();
    }
    assert.equal(Deno.readTextFileSync(path), "line\nline\n");
  });
});

Deno.test("an empty name takes everything and keeps nothing", () => {
  const sink = openSink("stdout", "");
  assert.equal(sink.write(bytes("x")), undefined);
  sink.close();
});

const REFUSED: [string, number, RegExp][] = [
  ["binary:///logger?id=x", Code.Unimplemented, /binary/],
  ["binary-v2:///logger", Code.Unimplemented, /binary-v2/],
  ["http://x/y", Code.InvalidArgument, /unknown scheme http/],
  ["file://host/x", Code.InvalidArgument, /absolute path/],
  ["file:///", Code.InvalidArgument, /absolute path/],
  ["/nowhere/at/all", Code.NotFound, /\/nowhere\/at\/all/],
  ["/", Code.InvalidArgument, /expected a FIFO or a file/],
];
for (const [value, code, message] of REFUSED) {
  Deno.test(`stderr ${value} is refused by name`, () => {
    assert.throws(() => openSink("stderr", value), (error: TtrpcError) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.match(error.message, /^stderr /);
      return true;
    });
  });
}

/** Collects what a pump reads. */
function pumpOf(path: string) {
  const chunks: string[] = [];
  const ended = Promise.withResolvers<void>();
  const pump = new InputPump(path, {
    data: (bytes) => {
      chunks.push(text(bytes));
      return Promise.resolve();
    },
    end: ended.resolve,
  });
  return { pump, ended: ended.promise, said: () => chunks.join("") };
}

Deno.test("stdin waits for its writer, and ends with it", async () => {
  await withFifo(async (path) => {
    const { pump, ended, said } = pumpOf(path);
    // Nobody has opened the other end yet: that is no end of file.
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(said(), "");
    const writer = await Deno.open(path, { write: true });
    await writer.write(bytes("hi "));
    await until(() => said() === "hi ");
    await writer.write(bytes("there"));
    writer.close();
    await ended;
    assert.equal(said(), "hi there");
    await pump.done;
    pump.stop();
  });
});

Deno.test("CloseIO ends stdin though its writer stays, after what is in the pipe", async () => {
  await withFifo(async (path) => {
    const { pump, ended, said } = pumpOf(path);
    const writer = await Deno.open(path, { write: true });
    await writer.write(bytes("x".repeat(60_000)));
    pump.finish();
    await ended;
    assert.equal(said().length, 60_000);
    await pump.done;
    writer.close();
  });
});

Deno.test("a stopped stdin tells nobody anything more", async () => {
  await withFifo(async (path) => {
    const { pump, ended, said } = pumpOf(path);
    let told = false;
    ended.then(() => told = true);
    pump.stop();
    await pump.done;
    assert.equal(told, false);
    assert.equal(said(), "");
  });
});

Deno.test("a terminal's two outputs are one stream", async () => {
  await inFolder((folder) => {
    const stdio = Stdio.open({
      stdin: "",
      stdout: `file://${folder}/out`,
      stderr: `file://${folder}/err`,
      terminal: true,
    });
    stdio.write(1, bytes("out "));
    stdio.write(2, bytes("err"));
    stdio.close();
    assert.equal(Deno.readTextFileSync(`${folder}/out`), "out err");
    assert.throws(() => Deno.statSync(`${folder}/err`), Deno.errors.NotFound);
  });
});

Deno.test("finishing gives a reader that is there everything, then the end", async () => {
  await withFifo(async (path) => {
    const stdio = Stdio.open({
      stdin: "",
      stdout: path,
      stderr: "",
      terminal: false,
    });
    const reading = reader(path);
    stdio.write(1, new Uint8Array(300_000).fill(7));
    await stdio.finish();
    const got = await reading;
    assert.equal(got.length, 300_000);
  });
});

Deno.test("when one output cannot be opened the other is not left open", async () => {
  await withFifo((path) => {
    assert.throws(() =>
      Stdio.open({
        stdin: "",
        stdout: path,
        stderr: "/no/fifo",
        terminal: false,
      })
    );
    const links = [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`);
      } catch {
        return "";
      }
    });
    assert(!links.includes(path), links.join());
  });
});
