import assert from "node:assert/strict";
import { Door } from "../../shim/door.ts";
import { Lifetime, type Patience } from "../../shim/lifetime.ts";
import { lock, lockPath, lockSync } from "../../shim/lock.ts";
import { inFolder } from "./root.ts";

/** So long that no test sees its end. */
const NEVER = 1_000_000;

function lifetimeOf(patience: Partial<Patience>) {
  const ended = Promise.withResolvers<boolean>();
  const state = { empty: true, ends: [] as boolean[] };
  const lifetime = new Lifetime({
    empty: () => state.empty,
    end: (force) => {
      state.ends.push(force);
      ended.resolve(force);
    },
  }, { first: NEVER, knock: NEVER, empty: NEVER, ...patience });
  /** Stops its timer, so that the test does not leave one. */
  const stop = () => {
    state.empty = false;
    lifetime.changed();
  };
  return { lifetime, state, ended: ended.promise, stop };
}

Deno.test("a daemon whose first container never comes ends", async () => {
  const { ended } = lifetimeOf({ first: 1 });
  assert.equal(await ended, false);
});

Deno.test("a daemon whose last container went ends, and not before", async () => {
  const { lifetime, state, ended } = lifetimeOf({ empty: 1 });
  state.empty = false;
  lifetime.changed();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(state.ends, []);
  state.empty = true;
  lifetime.changed();
  assert.equal(await ended, false);
});

Deno.test("Shutdown ends an empty daemon at once, and no other", () => {
  const { lifetime, state, stop } = lifetimeOf({});
  state.empty = false;
  lifetime.asked(false);
  assert.deepEqual(state.ends, []);
  state.empty = true;
  lifetime.asked(false);
  assert.deepEqual(state.ends, [false]);
  stop();
});

Deno.test("Shutdown that cannot wait ends a daemon under its containers", () => {
  const { lifetime, state, stop } = lifetimeOf({});
  state.empty = false;
  lifetime.asked(true);
  assert.deepEqual(state.ends, [true]);
  stop();
});

Deno.test("a daemon that a start has just found stays for that container", () => {
  const { lifetime, state, stop } = lifetimeOf({});
  lifetime.knocked();
  lifetime.asked(false);
  assert.deepEqual(state.ends, []);
  // The container came and went: nobody is expected any more.
  state.empty = false;
  lifetime.changed();
  state.empty = true;
  lifetime.changed();
  lifetime.asked(false);
  assert.deepEqual(state.ends, [false]);
  stop();
});

Deno.test("a start that found a daemon and whose container never comes does not keep it", async () => {
  const { lifetime, ended } = lifetimeOf({ knock: 1, empty: 1 });
  lifetime.knocked();
  assert.equal(await ended, false);
});

Deno.test("a connection that says nothing is a knock, one that speaks is not", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/s`;
    let knocks = 0;
    using listener = Deno.listen({ transport: "unix", path });
    const door = new Door(listener, () => knocks++);
    for (const words of ["", "hello"]) {
      const client = await Deno.connect({ transport: "unix", path });
      const server = await door.accept();
      if (words !== "") {
        await client.write(new TextEncoder().encode(words));
        await server.read(new Uint8Array(16));
      }
      client.close();
      assert.equal(await server.read(new Uint8Array(16)), null);
      server.close();
      assert.equal(knocks, 1, words);
    }
    // The path is the daemon's to unlink.
    door.close();
    assert(Deno.lstatSync(path).isSocket);
  });
});

Deno.test("a lock is held by one at a time", async () => {
  await inFolder(async (folder) => {
    const path = lockPath(`${folder}/s`);
    const first = lockSync(path);
    let got = false;
    const second = lock(path).then((held) => {
      got = true;
      return held;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(got, false);
    first.release();
    (await second).release();
  });
});

Deno.test("whoever waited for a lock whose file went gets the lock of the new file", async () => {
  await inFolder(async (folder) => {
    const path = lockPath(`${folder}/s`);
    const first = lockSync(path);
    const waiting = lock(path);
    await new Promise((resolve) => setTimeout(resolve, 20));
    first.remove();
    first.release();
    const second = await waiting;
    assert(Deno.statSync(path).isFile);
    let third = false;
    const later = lock(path).then((held) => {
      third = true;
      return held;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(third, false);
    second.release();
    (await later).release();
  });
});
