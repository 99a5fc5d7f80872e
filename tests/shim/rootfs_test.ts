import assert from "node:assert/strict";
import type { Spec } from "../../shim/bundle.ts";
import { Code, type TtrpcError } from "../../proto/ttrpc/mod.ts";
import { layersOf, type RootMount } from "../../shim/rootfs/layers.ts";
import { findInLayers } from "../../shim/rootfs/merged.ts";
import { readModule } from "../../shim/rootfs/module.ts";
import { mount, unmount } from "../../shim/mounts.ts";
import { inFolder, rootTest } from "./root.ts";

const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

function overlay(...options: string[]): RootMount {
  return { type: "overlay", source: "overlay", target: "", options };
}

function bind(source: string): RootMount {
  return { type: "bind", source, target: "", options: ["rbind", "rw"] };
}

/** What a path of merged layers holds, or its kind where it is no file. */
function look(folders: string[], path: string): string {
  const found = findInLayers({ folders, attributes: "trusted" }, path);
  return found.kind === "file"
    ? Deno.readTextFileSync(found.path)
    : `<${found.kind}>`;
}

function write(path: string, text: string): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(path, text);
}

Deno.test("an overlay's layers are the upper one, then the lower ones from left to right", () => {
  const options = [
    "index=off",
    "workdir=/w",
    "upperdir=/u",
    "lowerdir=/a:/b\\:c:/d",
  ];
  const expected = ["/u", "/a", "/b:c", "/d"];
  assert.deepEqual(layersOf([overlay(...options)], "/r").folders, expected);
  assert.deepEqual(
    layersOf([overlay(...options.toReversed())], "/r").folders,
    expected,
  );
  assert.deepEqual(layersOf([overlay("lowerdir=/a:/b")], "/r").folders, [
    "/a",
    "/b",
  ]);
});

Deno.test("a bind is one layer, and without mounts the spec's folder is", () => {
  assert.deepEqual(layersOf([bind("/s")], "/r").folders, ["/s"]);
  assert.deepEqual(layersOf([], "/r").folders, ["/r"]);
});

Deno.test("xattrs are trusted unless the mount says user", () => {
  assert.equal(layersOf([overlay("lowerdir=/a")], "").attributes, "trusted");
  assert.equal(
    layersOf([overlay("lowerdir=/a", "userxattr")], "").attributes,
    "user",
  );
});

Deno.test("mounts that are no folders are refused by name", () => {
  const mount = { type: "ext4", source: "/dev/loop0", target: "", options: [] };
  assert.throws(
    () => layersOf([mount], "/r"),
    (error: TtrpcError) =>
      error.code === Code.Unimplemented && error.message.includes('"ext4"'),
  );
  assert.throws(() => layersOf([overlay("index=off")], "/r"), /lowerdir/);
});

Deno.test("the top layer's file counts, and a file hides a folder below it", async () => {
  await inFolder((folder) => {
    const [top, low] = [`${folder}/top`, `${folder}/low`];
    write(`${top}/both`, "top");
    write(`${low}/both`, "low");
    write(`${low}/only/low`, "low only");
    write(`${top}/only/top`, "top only");
    write(`${top}/was-folder`, "a file now");
    write(`${low}/was-folder/file`, "hidden");
    write(`${low}/was-file`, "hidden");
    write(`${top}/was-file/file`, "a folder now");
    const layers = [top, low];
    assert.equal(look(layers, "/both"), "top");
    assert.equal(look(layers, "/only/low"), "low only");
    assert.equal(look(layers, "/only/top"), "top only");
    assert.equal(look(layers, "/was-folder"), "a file now");
    assert.equal(look(layers, "/was-folder/file"), "<nothing>");
    assert.equal(look(layers, "/was-file"), "<folder>");
    assert.equal(look(layers, "/was-file/file"), "a folder now");
    assert.equal(look(layers, "/none"), "<nothing>");
    assert.equal(look(layers, "/"), "<folder>");
    assert.equal(look(layers, "/both/"), "top");
    assert.equal(look(layers, "/./only//../both"), "top");
  });
});

Deno.test("symlinks are followed inside the image and never lead out of it", async () => {
  await inFolder((folder) => {
    write(`${folder}/outside`, "secret");
    const [top, low] = [`${folder}/top`, `${folder}/low`];
    write(`${low}/usr/lib/real`, "real");
    Deno.mkdirSync(top);
    const link = (target: string, path: string) =>
      Deno.symlinkSync(target, `${top}${path}`);
    link("/usr/lib", "/lib");
    link("lib/../lib/real", "/relative");
    link("../../../../outside", "/out");
    link(`${folder}/outside`, "/absolute");
    link("/loop", "/loop");
    link("/nowhere", "/dangling");
    link("..", "/up");
    const layers = [top, low];
    assert.equal(look(layers, "/lib/real"), "real");
    assert.equal(look(layers, "/relative"), "real");
    assert.equal(look(layers, "/lib/../lib/real"), "real");
    assert.equal(look(layers, "/usr/lib/../lib/real"), "real");
    assert.equal(look(layers, "/out"), "<nothing>");
    assert.equal(look(layers, "/absolute"), "<nothing>");
    assert.equal(look(layers, "/../outside"), "<nothing>");
    assert.equal(look(layers, "/up/up/outside"), "<nothing>");
    assert.equal(look(layers, "/loop"), "<loop>");
    assert.equal(look(layers, "/dangling"), "<nothing>");
  });
});

rootTest(
  "whiteouts and opaque folders that overlayfs makes hide what they hide in it",
  async () => {
    await inFolder((folder) => {
      const [top, middle, low, merged] = ["top", "middle", "low", "merged"]
        .map((name) => {
          Deno.mkdirSync(`${folder}/${name}`);
          return `${folder}/${name}`;
        }) as [string, string, string, string];
      /** Does `work` in an overlay whose changes land in `upper`, as an image is built layer by layer. */
      const build = (upper: string, lower: string[], work: () => void) => {
        const scratch = Deno.makeTempDirSync({ dir: folder });
        const options = `lowerdir=${
          lower.join(":")
        },upperdir=${upper},workdir=${scratch}`;
        mount("overlay", merged, "overlay", 0, options);
        try {
          work();
        } finally {
          unmount(merged);
        }
      };
      for (
        const path of [
          "gone",
          "back",
          "folder/file",
          "opaque/file",
          "opaque/sub/file",
          "plain/file",
        ]
      ) write(`${low}/${path}`, "low");
      build(middle, [low], () => {
        Deno.removeSync(`${merged}/back`);
        Deno.removeSync(`${merged}/folder`, { recursive: true });
        Deno.removeSync(`${merged}/opaque`, { recursive: true });
        write(`${merged}/opaque/new`, "middle");
        write(`${merged}/plain/new`, "middle");
      });
      build(top, [middle, low], () => {
        Deno.removeSync(`${merged}/gone`);
        write(`${merged}/back`, "top");
        write(`${merged}/opaque/newest`, "top");
      });
      const layers = [top, middle, low];
      mount("overlay", merged, "overlay", 1, `lowerdir=${layers.join(":")}`);
      try {
        for (
          const path of [
            "gone",
            "back",
            "folder",
            "folder/file",
            "opaque/file",
            "opaque/new",
            "opaque/newest",
            "opaque/sub",
            "opaque/sub/file",
            "plain/file",
            "plain/new",
          ]
        ) assert.equal(look(layers, path), read(`${merged}/${path}`), path);
        assert.equal(look(layers, "/gone"), "<nothing>");
        assert.equal(look(layers, "/opaque/file"), "<nothing>");
        assert.equal(look(layers, "/opaque/new"), "middle");
        assert.equal(look(layers, "/back"), "top");
      } finally {
        unmount(merged);
      }
    });
  },
);

/** The same figure from the kernel's own overlay. */
function read(path: string): string {
  try {
    return Deno.statSync(path).isDirectory
      ? "<folder>"
      : Deno.readTextFileSync(path);
  } catch {
    return "<nothing>";
  }
}

function specOf(arg: string, more: Partial<Spec> = {}): Spec {
  return { process: { args: [arg], env: [], cwd: "/" }, ...more };
}

async function inImage(
  fn: (root: string, read: (spec: Spec) => Uint8Array) => void,
): Promise<void> {
  await inFolder((folder) => {
    const root = `${folder}/image`;
    Deno.mkdirSync(`${root}/app`, { recursive: true });
    Deno.writeFileSync(`${root}/app/f.wasm`, MODULE);
    fn(root, (spec) => readModule(spec, layersOf([bind(root)], ""), "f1"));
  });
}

Deno.test("the module is found by absolute path, by path from the working directory, in PATH, and before a #", async () => {
  await inImage((_root, read) => {
    const cwd = { args: [], cwd: "/app" };
    for (
      const spec of [
        specOf("/app/f.wasm"),
        specOf("/app/f.wasm#handle"),
        specOf("./app/f.wasm"),
        specOf("app/f.wasm"),
        { process: { ...cwd, args: ["./f.wasm"] } },
        { process: { ...cwd, args: ["f.wasm"] } },
        { process: { args: ["f.wasm"], env: ["PATH=/bin:/app"], cwd: "/" } },
      ]
    ) {
      assert.deepEqual(read(spec), MODULE, JSON.stringify(spec.process));
    }
  });
});

Deno.test("a module in a volume is found where the volume is mounted, through its own links only", async () => {
  await inImage((root, read) => {
    const volume = `${root}/../volume`;
    Deno.mkdirSync(`${volume}/..data`, { recursive: true });
    Deno.writeFileSync(`${volume}/..data/v.wasm`, MODULE);
    Deno.symlinkSync("..data/v.wasm", `${volume}/v.wasm`);
    Deno.symlinkSync("../image/app/f.wasm", `${volume}/out.wasm`);
    const mounts = [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/vol/", type: "bind", source: volume, options: ["ro"] },
    ];
    assert.deepEqual(read(specOf("/vol/v.wasm", { mounts })), MODULE);
    assert.throws(() => read(specOf("/vol/out.wasm", { mounts })), /no such/);
  });
});

const REFUSED: [string, number, RegExp][] = [
  ["/none.wasm", Code.NotFound, /^\/none\.wasm: no such file .*container f1/],
  ["none.wasm", Code.NotFound, /^none\.wasm: no such file in PATH/],
  ["/app", Code.InvalidArgument, /^\/app: a folder/],
  ["/elf", Code.InvalidArgument, /^\/elf: not .*a Linux program/],
  ["/script", Code.InvalidArgument, /^\/script: not .*a script/],
  ["/empty", Code.InvalidArgument, /^\/empty: not .*an empty file/],
  ["/text", Code.InvalidArgument, /^\/text: not .*68 65 6c 6c/],
  ["/huge", Code.InvalidArgument, /^\/huge: 268435457 bytes, expected at most/],
  ["/loop", Code.InvalidArgument, /^\/loop: too many symbolic links/],
  ["", Code.InvalidArgument, /process\.args is empty/],
];
for (const [arg, code, message] of REFUSED) {
  Deno.test(`${arg || "no argument"} as a module is refused, with path and container`, async () => {
    await inImage((root, read) => {
      write(`${root}/elf`, "\x7fELF");
      write(`${root}/script`, "#!/bin/sh");
      write(`${root}/empty`, "");
      write(`${root}/text`, "hello");
      write(`${root}/huge`, "");
      Deno.truncateSync(`${root}/huge`, 256 * 1024 * 1024 + 1);
      Deno.symlinkSync("loop", `${root}/loop`);
      assert.throws(
        () => read(specOf(arg)),
        (error: TtrpcError) => {
          assert.equal(error.code, code);
          assert.match(error.message, message);
          assert.match(error.message, /container f1/);
          return true;
        },
      );
    });
  });
}
