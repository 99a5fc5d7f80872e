import assert from "node:assert/strict";
import { MS } from "../../shim/libc.ts";
import { makeMountPoint, unmount } from "../../shim/mounts.ts";
import {
  mountTree,
  type TreeOptions,
  unmountTree,
} from "../../shim/rootfs/tree.ts";
import { inFolder, rootTest } from "./root.ts";

interface Place {
  folder: string;
  /** Mounts a tree and gives its path. */
  tree(options: Partial<TreeOptions>): string;
}

async function inPlace(fn: (place: Place) => void): Promise<void> {
  await inFolder((folder) => {
    const [shared, stage] = [`${folder}/c`, `${folder}/stage`];
    Deno.mkdirSync(shared);
    Deno.mkdirSync(stage);
    makeMountPoint(shared, MS.SHARED);
    makeMountPoint(stage, MS.PRIVATE);
    const target = `${shared}/f1/rootfs`;
    try {
      fn({
        folder,
        tree: (options) => {
          mountTree(`${stage}/f1`, target, {
            mounts: [],
            fallback: `${folder}/image`,
            readOnly: false,
            volumes: [],
            ...options,
          });
          return target;
        },
      });
      unmountTree(target);
      assert.deepEqual(mountsBelow(folder).length, 2);
      assert.throws(() => Deno.statSync(target), Deno.errors.NotFound);
    } finally {
      unmount(shared);
      unmount(stage);
      assert.deepEqual(mountsBelow(folder), []);
    }
  });
}

function mountsBelow(folder: string): string[] {
  return Deno.readTextFileSync("/proc/self/mountinfo").split("\n")
    .filter((line) => line.split(" ")[4]?.startsWith(folder));
}

function write(path: string, text: string): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(path, text);
}

rootTest(
  "an overlay's tree is whole, and what is written lands in its upper layer",
  async () => {
    await inPlace(({ folder, tree }) => {
      write(`${folder}/low/a`, "low");
      for (const name of ["upper", "work"]) Deno.mkdirSync(`${folder}/${name}`);
      const root = tree({
        mounts: [{
          type: "overlay",
          source: "overlay",
          target: "",
          options: [
            "index=off",
            `workdir=${folder}/work`,
            `upperdir=${folder}/upper`,
            `lowerdir=${folder}/low`,
          ],
        }],
      });
      assert.equal(Deno.readTextFileSync(`${root}/a`), "low");
      Deno.writeTextFileSync(`${root}/b`, "new");
      assert.equal(Deno.readTextFileSync(`${folder}/upper/b`), "new");
    });
  },
);

rootTest(
  "more layers than a page of options can name are mounted",
  async () => {
    await inPlace(({ folder, tree }) => {
      const layers = Array.from(
        { length: 60 },
        (_, at) => `${folder}/snapshots-with-quite-a-long-name-each/${at}/fs`,
      );
      layers.forEach((layer, at) => write(`${layer}/f${at}`, `${at}`));
      const options = [`lowerdir=${layers.join(":")}`];
      assert(options.join().length > 4096);
      const root = tree({
        mounts: [{ type: "overlay", source: "overlay", target: "", options }],
      });
      assert.equal(Deno.readTextFileSync(`${root}/f0`), "0");
      assert.equal(Deno.readTextFileSync(`${root}/f59`), "59");
      assert.equal(Deno.cwd().startsWith(folder), false);
    });
  },
);

rootTest(
  "a read-only root stays read-only, a volume in it as its options say",
  async () => {
    await inPlace(({ folder, tree }) => {
      write(`${folder}/image/etc/hosts`, "image's");
      write(`${folder}/volumes/hosts`, "pod's");
      write(`${folder}/volumes/config/config.json`, "{}");
      write(`${folder}/volumes/data/x`, "x");
      const root = tree({
        readOnly: true,
        volumes: [
          {
            destination: "/etc/hosts",
            type: "bind",
            source: `${folder}/volumes/hosts`,
            options: ["rbind", "rw"],
          },
          {
            destination: "/etc/layotto",
            type: "bind",
            source: `${folder}/volumes/config`,
            options: ["rbind", "ro"],
          },
          {
            destination: "/data",
            type: "bind",
            source: `${folder}/volumes/data`,
            options: ["rbind"],
          },
          { destination: "/proc", type: "proc", source: "proc" },
          { destination: "/run", type: "tmpfs", source: "tmpfs" },
          {
            destination: "/dev/shm",
            type: "bind",
            source: "/nowhere",
            options: ["rbind"],
          },
        ],
      });
      assert.equal(Deno.readTextFileSync(`${root}/etc/hosts`), "pod's");
      assert.equal(
        Deno.readTextFileSync(`${root}/etc/layotto/config.json`),
        "{}",
      );
      const refused = (path: string) =>
        assert.throws(() => Deno.writeTextFileSync(`${root}${path}`, ""), path);
      refused("/new");
      refused("/etc/layotto/new");
      Deno.writeTextFileSync(`${root}/data/new`, "new");
      assert.equal(Deno.readTextFileSync(`${folder}/volumes/data/new`), "new");
      Deno.writeTextFileSync(`${root}/etc/hosts`, "changed");
      const flags = mountsBelow(root).map((line) => line.split(" ")[5] ?? "");
      assert.equal(flags.length, 4);
      assert(flags.every((text) => /nosuid,nodev/.test(text)), flags.join());
    });
  },
);

rootTest(
  "a volume's place is looked for inside the image, whatever its links say",
  async () => {
    await inPlace(({ folder, tree }) => {
      write(`${folder}/image/x`, "");
      write(`${folder}/outside/keep`, "");
      write(`${folder}/volume/v`, "v");
      Deno.symlinkSync(`${folder}/outside`, `${folder}/image/absolute`);
      Deno.symlinkSync("../../../../../../../../../..", `${folder}/image/up`);
      const volume = (destination: string) => ({
        destination,
        type: "bind",
        source: `${folder}/volume`,
        options: ["rbind"],
      });
      // Where the links lead inside the image there is nothing, so the first has no place.
      assert.throws(
        () => tree({ volumes: [volume("/absolute/v")] }),
        /absolute/,
      );
      const root = tree({ volumes: [volume(`/up${folder}/outside/v`)] });
      assert.deepEqual([...Deno.readDirSync(`${folder}/outside`)].length, 1);
      assert.equal(
        Deno.readTextFileSync(`${root}${folder}/outside/v/v`),
        "v",
      );
    });
  },
);

rootTest(
  "a tree that cannot be mounted leaves nothing mounted and names what failed",
  async () => {
    await inPlace(({ folder, tree }) => {
      write(`${folder}/image/x`, "");
      const volume = {
        destination: "/v",
        type: "bind",
        source: `${folder}/none`,
        options: ["rbind"],
      };
      assert.throws(() => tree({ volumes: [volume] }), /none/);
      assert.throws(() => tree({ fallback: `${folder}/none` }), /none/);
      assert.equal(mountsBelow(folder).length, 2);
    });
  },
);
