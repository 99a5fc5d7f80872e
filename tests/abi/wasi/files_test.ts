/** A command's files, which go through the host's asynchronous interface. */
import assert from "node:assert/strict";
import { FileError } from "../../../abi/mod.ts";
import { bytes, MemoryFiles, RecordingHost, text } from "../guests.ts";
import { CommandProbe, PAGE } from "../probe.ts";

const PATH = 0x100;
const R = 0x300;
const IOVEC = 0x400;
const DATA = 0x1000;

const READ = 2n;
const WRITE = 64n;

function probe(): { guest: CommandProbe; files: MemoryFiles } {
  const host = new RecordingHost();
  const files = new MemoryFiles(
    new Map([
      ["a.txt", bytes("0123456789")],
      ["dir/b.txt", bytes("b")],
      ["dir/c.txt", bytes("c")],
    ]),
    [{ path: "/", readOnly: false }, { path: "/dätä", readOnly: true }],
  );
  host.files = files;
  return { guest: new CommandProbe([], [], host), files };
}

interface Open {
  fd?: number;
  flags?: number;
  rights?: bigint;
  fdFlags?: number;
}

/** Opens and gives the descriptor, or the errno negated. */
async function open(
  guest: CommandProbe,
  path: string,
  { fd = 3, flags = 0, rights = READ, fdFlags = 0 }: Open = {},
): Promise<number> {
  const size = guest.put(PATH, path);
  const errno = await guest.wait(
    "path_open",
    fd,
    1,
    PATH,
    size,
    flags,
    rights,
    0n,
    fdFlags,
    R,
  );
  return errno === 0 ? guest.u32(R) : -errno;
}

function iovec(guest: CommandProbe, size: number): void {
  guest.view.setUint32(IOVEC, DATA, true);
  guest.view.setUint32(IOVEC + 4, size, true);
}

async function read(
  guest: CommandProbe,
  fd: number,
  size: number,
): Promise<string | number> {
  iovec(guest, size);
  const errno = await guest.wait("fd_read", fd, IOVEC, 1, R);
  if (errno !== 0) return errno;
  return text(guest.memory.slice(DATA, DATA + guest.u32(R)));
}

async function write(
  guest: CommandProbe,
  fd: number,
  data: string,
): Promise<number> {
  iovec(guest, guest.put(DATA, data));
  return await guest.wait("fd_write", fd, IOVEC, 1, R);
}

Deno.test("preopens are numbered from 3 and told with their names", async () => {
  const { guest } = probe();
  for (const [fd, name] of [[3, "/"], [4, "/dätä"]] as const) {
    const size = bytes(name).length;
    guest.memory.fill(0xaa, R, R + 16);
    assert.equal(await guest.wait("fd_prestat_get", fd, R), 0);
    assert.deepEqual([guest.u32(R), guest.u32(R + 4)], [0, size]);
    assert.equal(guest.u32(R + 8), 0xaaaaaaaa);
    guest.memory.fill(0xaa, R, R + 16);
    assert.equal(await guest.wait("fd_prestat_dir_name", fd, R, size), 0);
    assert.equal(text(guest.memory.slice(R, R + size)), name);
    assert.equal(guest.memory[R + size], 0xaa);
    assert.equal(await guest.wait("fd_prestat_dir_name", fd, R, size - 1), 37);
    assert.equal(
      await guest.wait("fd_prestat_dir_name", fd, PAGE - size + 1, size),
      21,
    );
  }
  assert.equal(await guest.wait("fd_prestat_get", 5, R), 8);
  assert.equal(await guest.wait("fd_prestat_get", 1, R), 8);
  assert.equal(await guest.wait("fd_prestat_get", 3, PAGE - 7), 21);
});

Deno.test("a file is opened, read in pieces to its end, and closed", async () => {
  const { guest, files } = probe();
  const fd = await open(guest, "a.txt");
  assert.equal(fd, 5);
  assert.equal(await read(guest, fd, 4), "0123");
  assert.equal(await read(guest, fd, 100), "456789");
  assert.equal(await read(guest, fd, 100), "");
  assert.equal(files.stillOpen, 1);
  assert.equal(await guest.wait("fd_close", fd), 0);
  assert.equal(files.stillOpen, 0);
  assert.equal(await guest.wait("fd_close", fd), 8);
  assert.equal(await read(guest, fd, 1), 8);
  assert.equal(await open(guest, "a.txt"), 5, "the number is free again");
});

Deno.test("reading scatters over several buffers in order", async () => {
  const { guest } = probe();
  const fd = await open(guest, "a.txt");
  for (
    const [i, [at, size]] of [[0x1000, 3], [0x2000, 0], [0x3000, 4]].entries()
  ) {
    guest.view.setUint32(IOVEC + 8 * i, at!, true);
    guest.view.setUint32(IOVEC + 8 * i + 4, size!, true);
  }
  assert.equal(await guest.wait("fd_read", fd, IOVEC, 3, R), 0);
  assert.equal(guest.u32(R), 7);
  assert.equal(text(guest.memory.slice(0x1000, 0x1003)), "012");
  assert.equal(text(guest.memory.slice(0x3000, 0x3004)), "3456");
  assert.equal(guest.memory[0x3004], 0);
});

Deno.test("a seek goes to the start, from where it is, and from the end", async () => {
  const { guest } = probe();
  const fd = await open(guest, "a.txt");
  const seek = async (offset: bigint, whence: number) => {
    const errno = await guest.wait("fd_seek", fd, offset, whence, R);
    return errno === 0 ? guest.u64(R) : -errno;
  };
  assert.equal(await seek(4n, 0), 4n);
  assert.equal(await read(guest, fd, 1), "4");
  assert.equal(await seek(2n, 1), 7n);
  assert.equal(await seek(-3n, 2), 7n);
  assert.equal(await read(guest, fd, 9), "789");
  assert.equal(await seek(100n, 0), 100n);
  assert.equal(await read(guest, fd, 9), "");
  assert.equal(await seek(-1n, 0), -28);
  assert.equal(await seek(0n, 3), -28);
  assert.equal(await guest.wait("fd_tell", fd, R), 0);
  assert.equal(guest.u64(R), 100n);
  assert.equal(await guest.wait("fd_seek", 0, 0n, 0, R), 70);
  assert.equal(await guest.wait("fd_seek", 3, 0n, 0, R), 31);
  assert.equal(await guest.wait("fd_seek", fd, 0n, 0, PAGE - 7), 21);
  assert.equal(await guest.wait("fd_seek", 99, 0n, 0, R), 8);
});

Deno.test("writing goes on where it stopped, appending at the end", async () => {
  const { guest, files } = probe();
  const fd = await open(guest, "new", { flags: 1, rights: READ | WRITE });
  assert.equal(await write(guest, fd, "abc"), 0);
  assert.equal(guest.u32(R), 3);
  assert.equal(await write(guest, fd, "def"), 0);
  assert.equal(text(files.contents.get("new")!), "abcdef");
  const end = await open(guest, "new", { rights: WRITE, fdFlags: 1 });
  assert.equal(await write(guest, end, "!"), 0);
  assert.equal(text(files.contents.get("new")!), "abcdef!");
  assert.equal(await read(guest, end, 1), 8, "opened for writing only");
});

Deno.test("what the guest asks for reaches the host: flags, rights, symlinks", async () => {
  const { guest, files } = probe();
  await open(guest, "a.txt", { flags: 1 | 4 | 8, rights: READ | WRITE });
  await open(guest, "dir", { flags: 2, rights: 0n });
  assert.deepEqual(
    files.calls.map((call) => JSON.parse(call.slice(call.indexOf("{")))),
    [{
      read: true,
      write: true,
      create: true,
      exclusive: true,
      truncate: true,
      directory: false,
      followSymlinks: true,
    }, {
      read: true,
      write: false,
      create: false,
      exclusive: false,
      truncate: false,
      directory: true,
      followSymlinks: true,
    }],
  );
});

/** Paths as seen from `dir`, opened below the preopen. */
const PATHS: [path: string, errno: number][] = [
  ["b.txt", 0],
  ["./b.txt", 0],
  ["x/../b.txt", 0],
  ["nothing", 44],
  ["", 44],
  ["..", 76],
  ["../a.txt", 76],
  ["x/../../a.txt", 76],
  ["/a.txt", 76],
  ["b\0.txt", 28],
  ["x".repeat(4097), 37],
];

for (const [path, errno] of PATHS) {
  Deno.test(`the path ${JSON.stringify(path.slice(0, 20))} in a folder is ${errno}`, async () => {
    const { guest, files } = probe();
    files.contents.set("dir/x/y", bytes(""));
    // The memory host has no "..": what this asserts is what it is asked for.
    files.open = (_preopen, asked) => {
      if (asked.endsWith("nothing")) throw new FileError(44, "no");
      return Promise.resolve({
        handle: 1,
        stat: {
          kind: asked === "dir" ? "directory" : "file",
          size: 0n,
          inode: 0n,
          links: 1n,
          accessed: 0n,
          modified: 0n,
          changed: 0n,
        },
      });
    };
    const folder = await open(guest, "dir");
    const answer = await open(guest, path, { fd: folder });
    if (errno === 0) assert.ok(answer > folder);
    else assert.equal(answer, -errno);
  });
}

Deno.test("descriptors that are no folders, or none at all, cannot hold paths", async () => {
  const { guest } = probe();
  const fd = await open(guest, "a.txt");
  assert.equal(await open(guest, "b", { fd }), -54);
  assert.equal(await open(guest, "b", { fd: 1 }), -54);
  assert.equal(await open(guest, "b", { fd: 99 }), -8);
});

Deno.test("attributes are 64 bytes, for a path and for a descriptor", async () => {
  const { guest } = probe();
  const size = guest.put(PATH, "a.txt");
  guest.memory.fill(0xaa, R, R + 80);
  assert.equal(await guest.wait("path_filestat_get", 3, 1, PATH, size, R), 0);
  const stat = guest.memory.slice(R, R + 64);
  assert.deepEqual(
    [0, 8, 16, 24, 32, 40, 48, 56, 64].map((at) => guest.u64(R + at)),
    [0n, 7n, 4n, 1n, 10n, 1n, 2n, 3n, 0xaaaaaaaaaaaaaaaan],
  );
  const fd = await open(guest, "a.txt");
  assert.equal(await guest.wait("fd_filestat_get", fd, R), 0);
  assert.deepEqual(guest.memory.slice(R, R + 64), stat);
  assert.equal(await guest.wait("fd_filestat_get", 3, R), 0);
  assert.equal(guest.memory[R + 16], 3);
  assert.equal(await guest.wait("fd_filestat_get", 0, R), 0);
  assert.equal(await guest.wait("fd_filestat_get", fd, PAGE - 63), 21);
});

interface Entry {
  name: string;
  type: number;
  next: bigint;
}

function entries(guest: CommandProbe, used: number): Entry[] {
  const found: Entry[] = [];
  for (let at = DATA; at + 24 <= DATA + used;) {
    const size = guest.u32(at + 16);
    if (at + 24 + size > DATA + used) break;
    found.push({
      name: text(guest.memory.slice(at + 24, at + 24 + size)),
      type: guest.memory[at + 20]!,
      next: guest.u64(at),
    });
    at += 24 + size;
  }
  return found;
}

Deno.test("a folder is listed whole, with . and .., and types", async () => {
  const { guest } = probe();
  assert.equal(await guest.wait("fd_readdir", 3, DATA, 4096, 0n, R), 0);
  assert.deepEqual(
    entries(guest, guest.u32(R)).map(({ name, type }) => [name, type]),
    [[".", 3], ["..", 3], ["a.txt", 4], ["dir", 3]],
  );
});

Deno.test("a listing goes on from any cookie, through a buffer of any size", async () => {
  for (const size of [29, 30, 50, 64, 200]) {
    const { guest, files } = probe();
    for (let i = 0; i < 20; i++) files.contents.set(`f${i}`, bytes(""));
    const seen: string[] = [];
    let cookie = 0n;
    for (let round = 0; round < 100; round++) {
      guest.memory.fill(0xaa, DATA, DATA + 256);
      assert.equal(
        await guest.wait("fd_readdir", 3, DATA, size, cookie, R),
        0,
      );
      const used = guest.u32(R);
      assert.ok(used <= size);
      assert.equal(guest.memory[DATA + size], 0xaa, "not a byte past the end");
      const some = entries(guest, used);
      seen.push(...some.map(({ name }) => name));
      if (used < size) break;
      if (some.length > 0) cookie = some.at(-1)!.next;
    }
    assert.equal(seen.length, 24, `${size}`);
    assert.equal(new Set(seen).size, 24);
  }
});

Deno.test("a cookie past the end lists nothing; bad descriptors and addresses are told", async () => {
  const { guest } = probe();
  for (const cookie of [99n, -1n]) {
    assert.equal(await guest.wait("fd_readdir", 3, DATA, 64, cookie, R), 0);
    assert.equal(guest.u32(R), 0);
  }
  const fd = await open(guest, "a.txt");
  assert.equal(await guest.wait("fd_readdir", fd, DATA, 64, 0n, R), 54);
  assert.equal(await guest.wait("fd_readdir", 99, DATA, 64, 0n, R), 8);
  assert.equal(await guest.wait("fd_readdir", 3, PAGE - 63, 64, 0n, R), 21);
  assert.equal(await guest.wait("fd_readdir", 3, DATA, 64, 0n, PAGE - 3), 21);
  assert.equal(await guest.wait("fd_readdir", 3, DATA, -1, 0n, R), 21);
});

Deno.test("a descriptor tells its type, its append flag and its rights", async () => {
  const { guest } = probe();
  const type = async (fd: number) => {
    guest.memory.fill(0xaa, R, R + 32);
    assert.equal(await guest.wait("fd_fdstat_get", fd, R), 0);
    assert.equal(guest.u64(R + 24), 0xaaaaaaaaaaaaaaaan);
    return [guest.memory[R], guest.view.getUint16(R + 2, true)];
  };
  assert.deepEqual(await type(3), [3, 0]);
  const fd = await open(guest, "a.txt", { rights: READ, fdFlags: 1 });
  assert.deepEqual(await type(fd), [4, 1]);
  assert.equal(guest.u64(R + 8) & (READ | WRITE), READ);
  assert.equal(await guest.wait("fd_fdstat_set_flags", fd, 0), 0);
  assert.deepEqual(await type(fd), [4, 0]);
  assert.equal(await guest.wait("fd_fdstat_set_flags", fd, 2), 58);
  assert.equal(await guest.wait("fd_fdstat_get", 99, R), 8);
});

Deno.test("a host that fails in its own way is 29 to the guest and a line in the log", async () => {
  const { guest, files } = probe();
  const fd = await open(guest, "a.txt");
  files.read = () => Promise.reject(new Error("the broker is gone"));
  assert.equal(await read(guest, fd, 1), 29);
  assert.deepEqual(guest.host.lines, [
    "4 fd_read of a.txt failed: the broker is gone",
  ]);
  files.read = () => Promise.reject(new FileError(2, "not allowed"));
  assert.equal(await read(guest, fd, 1), 2);
  assert.equal(guest.host.logged.length, 1);
});

Deno.test("a host that gives more than it was asked for does not overflow the guest's buffer", async () => {
  const { guest, files } = probe();
  const fd = await open(guest, "a.txt");
  files.read = () => Promise.resolve(bytes("far too much"));
  assert.equal(await read(guest, fd, 3), "far");
  assert.equal(guest.memory[DATA + 3], 0);
});

Deno.test("without preopens there are no files", async () => {
  const guest = new CommandProbe();
  assert.equal(await guest.wait("fd_prestat_get", 3, R), 8);
  assert.equal(await open(guest, "a.txt"), -8);
});
