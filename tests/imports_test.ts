/**
 * The rooms import one way (DESIGN, Rooms): `proto` and `abi` are leaves, `runtime` imports `abi` and `proto`, `shim`
 * imports `proto` and of `runtime` only `mod.ts`, nobody imports `main.ts`. And the rooms below the shim know no word
 * of containerd.
 */
import assert from "node:assert/strict";

const root = new URL("..", import.meta.url);

/** Which rooms each room's files may import, besides their own; a name with a slash is one file. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  abi: [],
  runtime: ["abi", "proto"],
  shim: ["proto", "runtime/mod.ts"],
  cli: ["abi", "proto", "runtime"],
  sdk: [],
};

/** One import: both ends are paths in the repository. */
type Import = readonly [from: string, to: string];

Deno.test("imports between rooms go one way", async () => {
  const entries = [...sources(".")].filter((path) => roomOf(path) !== "tests");
  assert(entries.some((path) => path.startsWith("shim/")), "no shim was found");
  assert(entries.some((path) => path.startsWith("abi/")), "no abi was found");
  assert.deepEqual(forbidden(await importsOf(entries)), []);
});

Deno.test("the rooms below the shim know no word of containerd", () => {
  const found = ["runtime", "abi"].flatMap((room) => [...sources(room)])
    .filter((path) =>
      /containerd/i.test(Deno.readTextFileSync(new URL(path, root)))
    );
  assert.deepEqual(found, []);
});

Deno.test("a wrong import is found in a graph made for that", () => {
  const wrong: Import[] = [
    ["abi/host.ts", "runtime/mod.ts"],
    ["proto/ttrpc/frame.ts", "shim/errors.ts"],
    ["runtime/host.ts", "shim/stdio.ts"],
    ["shim/task/service.ts", "runtime/host.ts"],
    ["shim/task/service.ts", "abi/memory.ts"],
    ["shim/bootstrap.ts", "main.ts"],
    ["tools/build.ts", "main.ts"],
  ];
  const right: Import[] = [
    ["main.ts", "shim/bootstrap.ts"],
    ["main.ts", "runtime/host.ts"],
    ["shim/task/service.ts", "runtime/mod.ts"],
    ["shim/task/service.ts", "proto/ttrpc/server.ts"],
    ["shim/task/service.ts", "shim/errors.ts"],
    ["runtime/host.ts", "abi/host.ts"],
    ["runtime/api/grpc.ts", "proto/gen/layotto/runtime.ts"],
  ];
  assert.deepEqual(
    forbidden([...wrong, ...right]),
    wrong.map(([from, to]) => `${from} imports ${to}`),
  );
});

Deno.test("imports are read from the code, dynamic and type-only ones too", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/abi`);
    await Deno.mkdir(`${folder}/shim`);
    await Deno.writeTextFile(
      `${folder}/abi/a.ts`,
      `import type { B } from "../shim/b.ts";\nexport const b = (): Promise<B> => import("../shim/c.ts");\n`,
    );
    await Deno.writeTextFile(`${folder}/shim/b.ts`, `export type B = object;`);
    await Deno.writeTextFile(`${folder}/shim/c.ts`, `export {};`);
    const base = new URL(`file://${await Deno.realPath(folder)}/`);
    assert.deepEqual(forbidden(await importsOf(["abi/a.ts"], base)), [
      "abi/a.ts imports shim/b.ts",
      "abi/a.ts imports shim/c.ts",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The imports that no room's rule allows, one line each. */
function forbidden(imports: readonly Import[]): string[] {
  return imports.filter(([from, to]) => {
    if (to === "main.ts") return true;
    const allowed = MAY_IMPORT[roomOf(from)];
    if (allowed === undefined) return false;
    const room = roomOf(to);
    return room !== roomOf(from) && !allowed.includes(room) &&
      !allowed.includes(to);
  }).map(([from, to]) => `${from} imports ${to}`);
}

/** What `deno info` says of the modules reachable from `entries`: imports that stay in the repository. */
async function importsOf(entries: string[], base = root): Promise<Import[]> {
  const folder = await Deno.makeTempDir();
  try {
    // One module that imports all: one graph, read once.
    const all = `${folder}/all.ts`;
    const lines = entries.map((path) => `import "${new URL(path, base)}";`);
    await Deno.writeTextFile(all, lines.join("\n"));
    const config = new URL("deno.json", root).pathname;
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      { args: ["info", "--json", "--config", config, all] },
    ).output();
    assert(success, new TextDecoder().decode(stderr));
    const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
    return graph.modules.flatMap((module) => {
      const from = inside(module.specifier, base);
      if (from === undefined) return [];
      assert(!module.error, `${from}: ${module.error}`);
      return (module.dependencies ?? []).flatMap((dependency) =>
        [dependency.code?.specifier, dependency.type?.specifier]
          .map((target) => target && inside(target, base))
          .filter((to) => to !== undefined && to !== "")
          .map((to): Import => [from, to as string])
      );
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Graph {
  modules: {
    specifier: string;
    error?: string;
    dependencies?: {
      code?: { specifier?: string };
      type?: { specifier?: string };
    }[];
  }[];
}

function inside(specifier: string, base: URL): string | undefined {
  return specifier.startsWith(base.href)
    ? specifier.slice(base.href.length)
    : undefined;
}

function roomOf(path: string): string {
  return path.split("/")[0] ?? "";
}

/** The repository's own TypeScript files below a folder. */
function* sources(folder: string): Generator<string> {
  const skipped = ["dist", "build", "node_modules", "examples"];
  for (const entry of Deno.readDirSync(new URL(folder, root))) {
    if (entry.name.startsWith(".") || skipped.includes(entry.name)) continue;
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sources(path);
    else if (/\.ts$/.test(entry.name)) yield path;
  }
}
