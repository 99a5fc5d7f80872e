/** Buffers against an array that is spliced (ABI.md §4.8). */
import assert from "node:assert/strict";
import { PluginProbe } from "../abi/probe.ts";
import { Choices } from "./engine/choices.ts";
import { fuzz } from "./engine/fuzz.ts";
import { randomSource } from "./engine/random.ts";

const LIMIT = 600;
/** Buffer 8, which is replaced from its start on, and has a limit of its own. */
const CALL_DATA = 8;
const RESULTS = 0x100;
const DATA = 0x200;

/** What buffer holds after `proxy_set_buffer_bytes`; undefined where that is over the limit. */
function spliced(
  buffer: readonly number[],
  type: number,
  start: number,
  size: number,
  data: Uint8Array,
): number[] | undefined {
  if (type === CALL_DATA && start === 0) return [...data];
  const after = [...buffer];
  after.splice(start, size, ...data);
  return type !== CALL_DATA && after.length > LIMIT ? undefined : after;
}

const random = randomSource(5);

fuzz({
  says: "buffers hold what an array holds that is spliced alike",
  name: "buffers",
  corpus: Array.from(
    { length: 16 },
    () => Uint8Array.from({ length: 300 }, () => random(256)),
  ),
  minimum: 500,
  most: 300,
  run(input) {
    const choices = new Choices(input);
    const body = choices.take(40);
    const probe = new PluginProbe({
      names: [
        "proxy_get_buffer_bytes",
        "proxy_set_buffer_bytes",
        "proxy_get_buffer_status",
      ],
      request: { body, bodyIsReal: true },
      hooks: { maxBodyBytes: LIMIT },
    });
    const model = new Map<number, number[]>([
      [0, [...body]],
      [1, []],
      [CALL_DATA, []],
    ]);
    while (!choices.over && probe.heap < 0xf000) {
      const type = choices.of([0, 1, CALL_DATA]);
      const start = choices.number();
      const size = choices.number();
      const held = model.get(type)!;
      if (choices.below(3) > 0) {
        const data = choices.take(60);
        probe.put(DATA, data);
        const set = [type, start, size, DATA, data.length];
        const status = probe.call("proxy_set_buffer_bytes", ...set);
        const after = spliced(held, type, start, size, data);
        assert.equal(status, after === undefined ? 10 : 0, `set ${set}`);
        if (after !== undefined) model.set(type, after);
        continue;
      }
      const get = [type, start, size, RESULTS, RESULTS + 4];
      assert.equal(probe.call("proxy_get_buffer_bytes", ...get), 0);
      assert.deepEqual(
        [...probe.given(RESULTS, RESULTS + 4)],
        held.slice(start, start + size),
        `get ${get}`,
      );
      probe.call("proxy_get_buffer_status", type, RESULTS, RESULTS + 4);
      assert.equal(probe.u32(RESULTS), held.length);
    }
    // The guest's data is its own: what it writes there later changes nothing.
    probe.memory.fill(0xee, DATA, DATA + 100);
    const { requestSide, responseSide } = probe.http;
    assert.deepEqual([...requestSide.body!.view()], model.get(0));
    assert.deepEqual([...responseSide.body!.view()], model.get(1));
    assert.deepEqual([...probe.vm.callData.view()], model.get(CALL_DATA));
    return true;
  },
});
