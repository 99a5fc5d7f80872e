import assert from "node:assert/strict";
import { RedisServer } from "../components/state/redis_server.ts";
import { scenario } from "../../e2e/harness/scenario.ts";
import { withDemo } from "./harness.ts";

scenario(
  "Redis that is down at start and goes in between is an empty value for the guest, and is found again",
  async () => {
    await using redis = await RedisServer.prepare();
    const state = { type: "redis", redisHost: `127.0.0.1:${redis.port}` };
    await withDemo({ state }, async ({ ask, put, logged }) => {
      const book = () => ask("/?name=book1", { headers: { id: "id_1" } });
      const without = [200, "There are  inventories for book1."];
      const untilBack = async () => {
        for (;;) {
          await put({ book1: "100" }).catch(() => {});
          const [, body] = await book();
          if (body === "There are 100 inventories for book1.") return;
        }
      };
      assert.deepEqual(await book(), without);
      // The guest heard status 10; why stands in our line about it.
      await logged(/level=warn .*state\.get failed.*function=id_2/);
      await redis.start();
      await untilBack();
      await redis.kill();
      assert.deepEqual(await book(), without);
      await redis.start();
      await untilBack();
    });
  },
);
