/** A pool whose instances are made when the test says so. */
import assert from "node:assert/strict";
import {
  InstancePool,
  type Slot,
} from "../../../runtime/isolate/worker/pool.ts";

class Maker {
  #begun = Promise.withResolvers<() => void>();
  made = 0;
  retired = 0;
  readonly #retirement = Promise.withResolvers<void>();
  /** Resolves when the first is let go of. */
  readonly retirement = this.#retirement.promise;

  readonly create = async (): Promise<Slot> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#begun.resolve(resolve);
    await promise;
    this.made++;
    return {
      instance: { busy: false },
      memory: undefined,
      roots: new Map(),
      retire: () => {
        this.retired++;
        this.#retirement.resolve();
        return Promise.resolve();
      },
    } as unknown as Slot;
  };

  /** Waits for the next to be begun; gives what ends its making. */
  async next(): Promise<() => void> {
    const finish = await this.#begun.promise;
    this.#begun = Promise.withResolvers();
    return finish;
  }
}

Deno.test("an instance that was being made when fewer were asked for is one too many", async () => {
  const maker = new Maker();
  const pool = new InstancePool(maker.create, 1);
  const grown = pool.resize(3);
  (await maker.next())();
  const finish = await maker.next();
  await pool.resize(1);
  finish();
  await grown;
  assert.equal(pool.size, 1);
  assert.equal(maker.retired, 1);
});

Deno.test("two numbers asked for at once leave as many instances as the last said", async () => {
  const maker = new Maker();
  const pool = new InstancePool(maker.create, 1);
  const first = pool.resize(1);
  const finishFirst = await maker.next();
  const second = pool.resize(1);
  const finishSecond = await maker.next();
  finishFirst();
  finishSecond();
  await Promise.all([first, second]);
  assert.equal(pool.size, 1);
  assert.equal(maker.made - maker.retired, 1);
});

Deno.test("a request that waits is given the first instance that an update makes", async () => {
  const maker = new Maker();
  const pool = new InstancePool(maker.create, 0);
  const waiting = pool.wait(60_000);
  const grown = pool.resize(1);
  (await maker.next())();
  await grown;
  assert.equal(await waiting, pool.slots[0]);
});

Deno.test("an instance that was being made for a request when fewer were asked for is one too many", async () => {
  const maker = new Maker();
  const pool = new InstancePool(maker.create, 2);
  const filled = pool.fill(1);
  (await maker.next())();
  await filled;
  const waiting = pool.wait(60_000);
  const finish = await maker.next();
  await pool.resize(1);
  finish();
  const [slot] = pool.slots;
  await maker.retirement;
  pool.rested(slot!);
  assert.equal(await waiting, slot);
  assert.deepEqual([pool.size, maker.retired], [1, 1]);
});
