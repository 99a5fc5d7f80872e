import assert from "node:assert/strict";
import { programPages } from "../../../runtime/memory/program_pages.ts";

const PROGRAM = "/opt/a program";
const MAPS = `1000-3000 r--p 00000000 fe:00 7   ${PROGRAM}
3000-9000 r-xp 00002000 fe:00 7   ${PROGRAM}
9000-a000 r--p 00008000 fe:00 7   ${PROGRAM}
a000-b000 rw-p 00009000 fe:00 7   ${PROGRAM}
b000-f0000000 rw-p 00000000 00:00 0
f0000000-f1000000 r--s 00000000 fe:00 8   /var/cache
f1000000-f1001000 r-xp 00000000 fe:00 9   /lib/libc.so.6
7fff0000-7fff4000 r-xp 00004000 fe:00 7   ${PROGRAM}
7fffff000000-7fffff002000 r-xp 00000000 00:00 0   [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   [vsyscall]
`;

Deno.test("the program's code, wherever it is mapped, and the constants before it can be let go", () => {
  assert.deepEqual(programPages(MAPS), [
    { start: 0x1000n, length: 0x2000n },
    { start: 0x3000n, length: 0x6000n },
    { start: 0x7fff0000n, length: 0x4000n },
  ]);
});

Deno.test("where no file is mapped to be run there is nothing to let go", () => {
  assert.deepEqual(programPages(""), []);
  assert.deepEqual(
    programPages("7fffff000000-7fffff002000 r-xp 00000000 00:00 0   [vdso]\n"),
    [],
  );
});
