import assert from "node:assert/strict";
import { Metrics } from "../../proto/gen/containerd/metrics_v2.ts";
import {
  BootstrapParams,
  LogLevel,
} from "../../proto/gen/containerd/bootstrap.ts";
import {
  ConnectResponse,
  CreateTaskRequest,
  DeleteResponse,
  UpdateTaskRequest,
} from "../../proto/gen/containerd/task.ts";
import { Empty } from "../../proto/gen/google/protobuf/empty.ts";
import { GetNextIdResponse } from "../../proto/gen/layotto/runtime.ts";
import { fromTimestamp, toTimestamp } from "../../proto/timestamp.ts";
import { bytes, join, random } from "./bytes.ts";

const EXITED_AT = { seconds: 0x06d8_0000n, nanos: 0 };

Deno.test("DeleteResponse has the bytes that containerd reads from `delete`", () => {
  // SHIM.md §1.9: pid 4242, status 137 and a time.
  const wire = bytes("08 92 21 10 89 01 1a 06 08 c5 dc 8f d8 06");
  const message = DeleteResponse.decode(wire);
  assert.equal(message.pid, 4242);
  assert.equal(message.exitStatus, 137);
  assert.deepEqual(message.exitedAt, { seconds: 1_795_419_717n, nanos: 0 });
  assert.deepEqual(DeleteResponse.encode(message).finish(), wire);
});

Deno.test("empty output of `delete` is a DeleteResponse of zeros", () => {
  assert.deepEqual(DeleteResponse.decode(new Uint8Array(0)), {
    pid: 0,
    exitStatus: 0,
    exitedAt: undefined,
  });
});

Deno.test("a negative log level takes ten bytes and is read back", () => {
  // SHIM.md §1.4: field 3, DEBUG is -4.
  const wire = bytes('0a 02 "f1" 18 fc ff ff ff ff ff ff ff ff 01');
  const message = BootstrapParams.decode(wire);
  assert.equal(message.instanceId, "f1");
  assert.equal(message.logLevel, LogLevel.LOG_LEVEL_DEBUG);
  assert.equal(message.socketDir, undefined);
  assert.deepEqual(BootstrapParams.encode(message).finish(), wire);
});

Deno.test("a whole CreateTaskRequest is the same after encode and decode", () => {
  const message: CreateTaskRequest = {
    id: "f1",
    bundle: "/run/bundle",
    rootfs: [
      {
        type: "overlay",
        source: "overlay",
        target: "",
        options: ["index=off", "lowerdir=/a:/b"],
      },
      { type: "bind", source: "/ä", target: "x", options: [] },
    ],
    terminal: true,
    stdin: "",
    stdout: "/fifo/out",
    stderr: "/fifo/err",
    checkpoint: "",
    parentCheckpoint: "",
    options: { typeUrl: "runtimeoptions.v1.Options", value: bytes("0a 00") },
  };
  const wire = CreateTaskRequest.encode(message).finish();
  assert.deepEqual(CreateTaskRequest.decode(wire), message);
});

Deno.test("unknown fields of each wire type are ignored", () => {
  const known = bytes("08 d2 09 10 d2 09");
  const unknown = {
    varint: "f8 07 ff ff 03",
    "eight bytes": "f9 07 01 02 03 04 05 06 07 08",
    length: 'fa 07 03 "abc"',
    group: 'fb 07 08 01 12 01 "x" fc 07',
    "four bytes": "fd 07 01 02 03 04",
  };
  for (const [name, wire] of Object.entries(unknown)) {
    const found = ConnectResponse.decode(join(bytes(wire), known));
    assert.equal(found.taskPid, 1234, name);
  }
});

Deno.test("a known field with another wire type is ignored", () => {
  const found = ConnectResponse.decode(bytes('0a 02 "ab" 10 05'));
  assert.deepEqual(found, { shimPid: 0, taskPid: 5, version: "" });
});

Deno.test("bytes that are no message are refused", () => {
  const wrong = {
    "tag 0": "00",
    "field number 0": "02 00",
    "end of a group that never began": "0c",
    "group without an end": "fb 07 08 01",
    "group with another's end": "fb 07 08 01 84 08",
    "tag cut off": "88",
    "varint cut off": "08 92",
    "varint of eleven bytes": "08 ff ff ff ff ff ff ff ff ff ff 01",
    "text longer than the message": '1a 05 "ab"',
    "text with a length of 4 GiB": "1a ff ff ff ff 0f",
    "wire type 7": "0f 00",
    "text that is not UTF-8": "1a 02 ff fe",
  };
  for (const [name, wire] of Object.entries(wrong)) {
    assert.throws(() => ConnectResponse.decode(bytes(wire)), name);
  }
});

Deno.test("a field that leaves its message is refused and named", () => {
  // The timestamp has two bytes; its varint takes three.
  assert.throws(
    () => DeleteResponse.decode(bytes("1a 02 08 c5 5c 08 01")),
    { name: "DecodeError", message: /Timestamp.*reaches to byte 5.*byte 4/ },
  );
});

Deno.test("a group nested a million deep is an exception, not a crash", () => {
  assert.throws(() => ConnectResponse.decode(new Uint8Array(1e6).fill(0x0b)));
});

Deno.test("random bytes either decode or throw, and what decodes is stable", () => {
  const next = random(20_240_601);
  let decoded = 0;
  for (let round = 0; round < 20_000; round++) {
    const wire = Uint8Array.from(
      { length: Math.floor(next() * 24) },
      // Small numbers are tags and lengths that lead somewhere.
      () => Math.floor(next() * (next() < 0.7 ? 96 : 256)),
    );
    for (const codec of [CreateTaskRequest, DeleteResponse, Metrics]) {
      let encoded: Uint8Array;
      try {
        encoded = encodeAny(codec, codec.decode(wire));
      } catch (error) {
        assert(error instanceof Error);
        continue;
      }
      decoded++;
      assert.deepEqual(encodeAny(codec, codec.decode(encoded)), encoded);
    }
  }
  assert(decoded > 1000, `only ${decoded} decoded`);
});

/** Encodes with a codec of a list, whose type is lost. */
function encodeAny(codec: unknown, message: unknown): Uint8Array {
  return (codec as typeof Empty).encode(message as Empty).finish();
}

Deno.test("a key __proto__ in a map is a key like any other", () => {
  const wire = bytes('0a 01 "x" 1a 10 0a 09 "__proto__" 12 03 "abc"');
  const { annotations } = UpdateTaskRequest.decode(wire);
  assert.equal(Object.getPrototypeOf(annotations), Object.prototype);
  assert(Object.hasOwn(annotations, "__proto__"));
});

Deno.test("64-bit numbers keep every bit", () => {
  const none = 2n ** 63n - 4096n;
  const wire = Metrics.encode({ memory: { usage: 1n, usageLimit: none } })
    .finish();
  assert.equal(Metrics.decode(wire).memory?.usageLimit, none);
  const id = GetNextIdResponse.encode({ nextId: -1n }).finish();
  assert.equal(GetNextIdResponse.decode(id).nextId, -1n);
});

Deno.test("a number that does not fit its field is refused when encoded", () => {
  assert.throws(() =>
    Metrics.encode({ memory: { usage: 2n ** 64n } }).finish()
  );
  assert.throws(() =>
    DeleteResponse.encode({ pid: -1, exitStatus: 0, exitedAt: EXITED_AT })
  );
});

Deno.test("timestamps count forward, before 1970 too", () => {
  const rows: [ms: number, seconds: bigint, nanos: number][] = [
    [0, 0n, 0],
    [1500, 1n, 500_000_000],
    [-1, -1n, 999_000_000],
    [1_790_000_000_123, 1_790_000_000n, 123_000_000],
    [0.25, 0n, 250_000],
  ];
  for (const [ms, seconds, nanos] of rows) {
    assert.deepEqual(toTimestamp(ms), { seconds, nanos });
    assert.equal(fromTimestamp({ seconds, nanos }), ms);
  }
  assert.throws(() => toTimestamp(NaN), RangeError);
});
