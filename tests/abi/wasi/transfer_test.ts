/** Reading, writing and positions in files. */
import assert from "node:assert/strict";
import { FileError } from "../../../abi/mod.ts";
import { bytes, text } from "../guests.ts";
import { PAGE } from "../probe.ts";
import { DATA, IOVEC, O, R, READ, World, WRITE } from "./world.ts";

const BOTH = READ | WRITE;
const APPEND = 1;
const DSYNC = 2;
const SYNC = 16;

Deno.test("a file is opened, read in pieces to its end, and closed", async () => {
  using world = new World();
  const fd = await world.open("a.txt");
  assert.equal(fd, 5);
  assert.equal(await world.read(fd, 4), "0123");
  assert.equal(await world.read(fd, 100), "456789");
  assert.equal(await world.read(fd, 100), "");
  assert.equal(await world.call("fd_close", fd), 0);
  assert.equal(await world.call("fd_close", fd), 8);
  assert.equal(await world.read(fd, 1), 8);
  assert.equal(await world.open("a.txt"), 5, "the number is free again");
});

Deno.test("the least free number is taken, also that of a stream", async () => {
  using world = new World();
  assert.equal(await world.call("fd_close", 0), 0);
  assert.equal(await world.open("a.txt"), 0);
  assert.equal(await world.read(0, 2), "01");
});

Deno.test("reading scatters over several buffers in order, writing gathers them", async () => {
  using world = new World();
  const { guest } = world;
  const ranges = [[0x4000, 3], [0x5000, 0], [0x6000, 4]] as const;
  const fd = await world.open("a.txt", { rights: BOTH });
  for (const [i, [at, size]] of ranges.entries()) {
    guest.view.setUint32(IOVEC + 8 * i, at, true);
    guest.view.setUint32(IOVEC + 8 * i + 4, size, true);
  }
  assert.equal(await world.call("fd_read", fd, IOVEC, 3, R), 0);
  assert.equal(guest.u32(R), 7);
  assert.equal(text(guest.memory.slice(0x4000, 0x4003)), "012");
  assert.equal(text(guest.memory.slice(0x6000, 0x6004)), "3456");
  assert.equal(guest.memory[0x6004], 0);
  assert.equal(await world.call("fd_write", fd, IOVEC, 3, R), 0);
  assert.equal(guest.u32(R), 7);
  assert.equal(world.text("a.txt"), "01234560123456");
  assert.equal(await world.call("fd_pread", fd, IOVEC, 3, 8n, R), 0);
  assert.equal(guest.u32(R), 6);
  assert.equal(text(guest.memory.slice(0x6000, 0x6003)), "456");
  assert.equal(await world.call("fd_pwrite", fd, IOVEC, 1, 13n, R), 0);
  assert.equal(world.text("a.txt"), "0123456012345123");
});

Deno.test("pread and pwrite leave the position alone", async () => {
  using world = new World();
  const fd = await world.open("a.txt", { rights: BOTH });
  assert.equal(await world.read(fd, 2), "01");
  assert.equal(await world.read(fd, 3, 7n), "789");
  assert.equal(await world.read(fd, 3, 10n), "");
  assert.equal(await world.write(fd, "XY", 4n), 0);
  assert.equal(await world.tell(fd), 2n);
  assert.equal(await world.write(fd, "!", 12n), 0);
  assert.equal(world.text("a.txt"), "0123XY6789\0\0!");
  assert.equal(await world.read(fd, 1, -1n), 28);
  assert.equal(await world.write(fd, "x", -1n), 28);
});

Deno.test("a seek goes to the start, from where it is, and from the end (trap 2)", async () => {
  using world = new World();
  const fd = await world.open("a.txt", { rights: BOTH });
  assert.equal(await world.seek(fd, 4n, 0), 4n);
  assert.equal(await world.read(fd, 1), "4");
  assert.equal(await world.seek(fd, 2n, 1), 7n);
  assert.equal(await world.seek(fd, -3n, 2), 7n);
  assert.equal(await world.read(fd, 9), "789");
  assert.equal(await world.seek(fd, 12n, 0), 12n);
  assert.equal(await world.read(fd, 9), "");
  assert.equal(await world.write(fd, "!"), 0);
  assert.equal(world.text("a.txt"), "0123456789\0\0!");
  assert.equal(await world.seek(fd, -1n, 0), -28n);
  assert.equal(await world.seek(fd, -14n, 2), -28n);
  assert.equal(await world.seek(fd, 2n ** 63n - 1n, 1), -28n);
  assert.equal(await world.seek(fd, 0n, 3), -28n);
  assert.equal(await world.tell(fd), 13n, "a failed seek goes nowhere");
  assert.equal(await world.seek(0, 0n, 0), -70n);
  assert.equal(await world.seek(3, 0n, 0), -31n);
  assert.equal(await world.tell(1), -70n);
});

Deno.test("under wasi_unstable the places to seek from are numbered otherwise", async () => {
  using world = new World("wasi_unstable");
  const fd = await world.open("a.txt");
  assert.equal(await world.seek(fd, 4n, 2), 4n, "2 is the start");
  assert.equal(await world.seek(fd, 2n, 0), 6n, "0 is the present place");
  assert.equal(await world.seek(fd, -1n, 1), 9n, "1 is the end");
});

Deno.test("writing goes on where it stopped, appending at the end whoever wrote it", async () => {
  using world = new World();
  const fd = await world.open("new", { flags: O.create, rights: BOTH });
  assert.equal(await world.write(fd, "abc"), 0);
  assert.equal(world.guest.u32(R), 3);
  assert.equal(await world.write(fd, "def"), 0);
  assert.equal(world.text("new"), "abcdef");
  const end = await world.open("new", { rights: WRITE, fdFlags: APPEND });
  assert.equal(await world.write(end, "!"), 0);
  assert.equal(await world.tell(end), 7n);
  assert.equal(await world.write(fd, "ghi"), 0);
  assert.equal(await world.write(end, "?"), 0);
  assert.equal(world.text("new"), "abcdefghi?");
  assert.equal(await world.seek(end, 0n, 0), 0n);
  assert.equal(await world.write(end, "."), 0, "wherever it stands");
  assert.equal(await world.write(end, "Z", 0n), 0, "whatever the offset");
  assert.equal(await world.tell(end), 11n, "which leaves the place alone");
  assert.equal(world.text("new"), "abcdefghi?.Z");
  assert.equal(await world.read(end, 1), 8, "opened for writing only");
});

Deno.test("the append flag can be set and cleared while a file is open", async () => {
  using world = new World();
  const fd = await world.open("a.txt", { rights: BOTH });
  assert.equal(await world.call("fd_fdstat_set_flags", fd, APPEND), 0);
  assert.equal(await world.write(fd, "A"), 0);
  assert.equal(await world.call("fd_fdstat_set_flags", fd, 0), 0);
  assert.equal(await world.seek(fd, 0n, 0), 0n);
  assert.equal(await world.write(fd, "B"), 0);
  assert.equal(world.text("a.txt"), "B123456789A");
});

Deno.test("the flags that want data on the disk wait for it", async () => {
  using world = new World();
  const synced: boolean[] = [];
  const { sync } = world.files;
  world.files.sync = (handle, dataOnly) => {
    synced.push(dataOnly);
    return sync.call(world.files, handle, dataOnly);
  };
  const fd = await world.open("a.txt", { rights: BOTH, fdFlags: DSYNC });
  assert.equal(await world.write(fd, "x"), 0);
  assert.equal(await world.call("fd_fdstat_set_flags", fd, SYNC | APPEND), 0);
  assert.equal(await world.write(fd, "y"), 0);
  assert.equal(await world.call("fd_fdstat_set_flags", fd, 0), 0);
  assert.equal(await world.write(fd, "z", 5n), 0);
  assert.deepEqual(synced, [true, false]);
  assert.equal(await world.call("fd_sync", fd), 0);
  assert.equal(await world.call("fd_datasync", fd), 0);
  assert.equal(await world.call("fd_sync", 3), 0, "a directory too");
  assert.equal(await world.call("fd_sync", 1), 28);
});

Deno.test("room can be made in a file, and its size set", async () => {
  using world = new World();
  const fd = await world.open("a.txt", { rights: BOTH });
  assert.equal(await world.call("fd_allocate", fd, 8n, 8n), 0);
  assert.equal(world.text("a.txt"), `0123456789${"\0".repeat(6)}`);
  assert.equal(await world.call("fd_allocate", fd, 0n, 4n), 0);
  assert.equal(world.text("a.txt").length, 16, "it never shrinks");
  assert.equal(await world.call("fd_filestat_set_size", fd, 3n), 0);
  assert.equal(world.text("a.txt"), "012");
  assert.equal(await world.call("fd_filestat_set_size", fd, 5n), 0);
  assert.equal(world.text("a.txt"), "012\0\0");
  assert.equal(await world.call("fd_allocate", fd, 0n, 0n), 28);
  assert.equal(await world.call("fd_allocate", fd, -1n, 4n), 28);
  assert.equal(await world.call("fd_allocate", fd, 2n ** 62n, 2n ** 62n), 22);
  assert.equal(await world.call("fd_filestat_set_size", fd, -1n), 28);
  const reader = await world.open("a.txt");
  assert.equal(await world.call("fd_allocate", reader, 0n, 4n), 8);
  assert.equal(await world.call("fd_filestat_set_size", reader, 0n), 8);
  assert.equal(await world.call("fd_filestat_set_size", 1, 0n), 28);
  assert.equal(await world.call("fd_allocate", 1, 0n, 1n), 70);
});

Deno.test("advice is taken, nonsense is not", async () => {
  using world = new World();
  const fd = await world.open("a.txt");
  for (let advice = 0; advice < 6; advice++) {
    assert.equal(await world.call("fd_advise", fd, 0n, 0n, advice), 0);
  }
  assert.equal(await world.call("fd_advise", fd, 0n, 0n, 6), 28);
  assert.equal(await world.call("fd_advise", fd, -1n, 0n, 0), 28);
  assert.equal(await world.call("fd_advise", 3, 0n, 0n, 0), 31);
  assert.equal(await world.call("fd_advise", 0, 0n, 0n, 0), 70);
});

Deno.test("a list that holds nothing moves nothing", async () => {
  using world = new World();
  const fd = await world.open("a.txt", { rights: BOTH });
  assert.equal(await world.read(fd, 0), "");
  assert.equal(await world.call("fd_read", fd, IOVEC, 0, R), 0);
  assert.equal(world.guest.u32(R), 0);
  assert.equal(await world.call("fd_write", fd, IOVEC, 0, R), 0);
  assert.equal(await world.tell(fd), 0n);
});

Deno.test("more than a megabyte is a short read and a short write", async () => {
  using world = new World();
  const size = 3 * 1024 * 1024;
  Deno.writeFileSync(`${world.root}/large`, new Uint8Array(size).fill(1));
  const fd = await world.open("large", { rights: BOTH });
  const { guest } = world;
  // 64 times the same half of the guest's memory: 2 MiB.
  for (let i = 0; i < 64; i++) {
    guest.view.setUint32(IOVEC + 8 * i, 0x8000, true);
    guest.view.setUint32(IOVEC + 8 * i + 4, 0x8000, true);
  }
  assert.equal(await world.call("fd_read", fd, IOVEC, 64, R), 0);
  assert.equal(guest.u32(R), 1024 * 1024);
  assert.equal(await world.call("fd_write", fd, IOVEC, 64, R), 0);
  assert.equal(guest.u32(R), 1024 * 1024);
  assert.equal(await world.tell(fd), 2n * 1024n * 1024n);
  assert.equal(Deno.statSync(`${world.root}/large`).size, size);
});

Deno.test("a host that fails in its own way is 29 to the guest and a line in the log", async () => {
  using world = new World();
  const fd = await world.open("a.txt");
  world.files.read = () => Promise.reject(new Error("the broker is gone"));
  assert.equal(await world.read(fd, 1), 29);
  assert.deepEqual(world.host.lines, [
    "4 reading a file failed: the broker is gone",
  ]);
  world.files.read = () => Promise.reject(new FileError(2, "not allowed"));
  assert.equal(await world.read(fd, 1), 2);
  assert.equal(world.host.logged.length, 1);
});

Deno.test("a host that gives more than it was asked for does not overflow the guest's buffer", async () => {
  using world = new World();
  const fd = await world.open("a.txt");
  world.files.read = () => Promise.resolve(bytes("far too much"));
  assert.equal(await world.read(fd, 3), "far");
  assert.equal(world.guest.memory[DATA + 3], 0);
});

Deno.test("nothing is read or written where the count cannot be told", async () => {
  using world = new World();
  const fd = await world.open("a.txt", { rights: BOTH });
  const end = PAGE - 3;
  assert.equal(await world.call("fd_write", fd, ...world.list(3), end), 21);
  assert.equal(
    await world.call("fd_pwrite", fd, ...world.list(3), 0n, end),
    21,
  );
  assert.equal(await world.call("fd_read", fd, ...world.list(3), end), 21);
  assert.equal(await world.tell(fd), 0n);
  assert.equal(world.text("a.txt"), "0123456789");
});
