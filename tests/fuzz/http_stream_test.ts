/** Both directions of an exchange, in any order of what comes and of what the guest answers and asks for. */
import { HeaderMap } from "../../abi/proxywasm/header_map.ts";
import { Choices } from "./engine/choices.ts";
import { fuzz } from "./engine/fuzz.ts";
import { randomSource } from "./engine/random.ts";
import { HttpWorld, SIDES } from "./http_world.ts";

/** Something comes for one direction, as a source may send it. */
function feed(world: HttpWorld, choices: Choices): void {
  const side = choices.of(SIDES);
  const way = world.ways[side];
  const { came } = way;
  if (way.isLocal || came.end) return;
  const into = world.stream[side];
  const end = choices.below(6) === 1;
  if (!came.headers) {
    came.headers = true;
    came.end = end;
    into.headers(new HeaderMap(), end);
  } else if (end && choices.below(2) === 1) {
    came.end = came.trailers = true;
    into.trailers(new HeaderMap());
  } else {
    const bytes = way.next(choices.below(10));
    if (bytes.length === 0 && !end) return;
    came.end = end;
    came.body = true;
    into.data(bytes, end);
  }
}

/** One thing that happens. */
function step(world: HttpWorld, choices: Choices): void {
  const { suspended } = world;
  switch (choices.below(8)) {
    case 5: {
      const what = choices.below(9);
      return world.elsewhere(() => world.ask(what), choices.below(4) === 1);
    }
    case 6:
      world.suspended = undefined;
      return suspended?.resolve();
    case 7:
      if (choices.below(8) !== 1) return;
      world.suspended = undefined;
      return suspended?.reject(new WebAssembly.RuntimeError("unreachable"));
    default:
      return feed(world, choices);
  }
}

/** Whatever waits goes on. */
async function calmDown(world: HttpWorld): Promise<void> {
  world.calm = true;
  for (let i = 0; i < 4; i++) {
    const { suspended } = world;
    world.suspended = undefined;
    suspended?.resolve();
    await undefined;
    await undefined;
    world.elsewhere(() => {
      world.ask(2);
      world.ask(4);
    });
  }
}

const random = randomSource(6);

fuzz({
  says:
    "nothing of an exchange is lost, doubled or out of order, whatever the guest answers",
  name: "http_stream",
  corpus: Array.from(
    { length: 64 },
    () => Uint8Array.from({ length: 120 }, () => random(256)),
  ),
  minimum: 1_000,
  most: 200,
  async run(input) {
    const choices = new Choices(input);
    const world = new HttpWorld(choices);
    while (!choices.over) {
      world.check();
      step(world, choices);
      // What a promise resumes runs before the next thing happens.
      await undefined;
      await undefined;
    }
    await calmDown(world);
    for (const side of SIDES) world.ways[side].checkAll();
    world.finish();
    world.check();
    return world.ways.request.went.headers;
  },
});
