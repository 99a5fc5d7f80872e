import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import tarStream, { type Header } from "tar-stream";
import { inFolder, layotto, ROOT } from "./run.ts";
import { buildExamples } from "../../tools/build_examples.ts";

const HELLO = `${ROOT}examples/hello/build/hello.wasm`;

interface File {
  header: Header;
  bytes: Uint8Array;
}

async function untar(bytes: Uint8Array): Promise<Map<string, File>> {
  const files = new Map<string, File>();
  const extract = tarStream.extract();
  Readable.from([bytes]).pipe(extract);
  for await (const entry of extract) {
    const header = entry.header;
    assert(!files.has(header.name), `${header.name} is there twice`);
    files.set(header.name, { header, bytes: await buffer(entry) });
  }
  return files;
}

/** An image as its tar has it, each blob checked against its digest and its size. */
async function readImage(path: string) {
  const files = await untar(await Deno.readFile(path));
  const json = (name: string) => {
    const file = files.get(name);
    assert(file, `no ${name} among ${[...files.keys()]}`);
    return JSON.parse(new TextDecoder().decode(file.bytes));
  };
  const blob = (of: { digest: string; size: number }) => {
    const name = `blobs/${of.digest.replace(":", "/")}`;
    const file = files.get(name);
    assert(file, `no ${name}`);
    assert.equal(file.bytes.length, of.size, name);
    assert.equal(digestOf(file.bytes), of.digest, name);
    return file.bytes;
  };
  const parse = (bytes: Uint8Array) =>
    JSON.parse(new TextDecoder().decode(bytes));
  const [entry, ...more] = json("index.json").manifests;
  assert.deepEqual(more, []);
  const manifest = parse(blob(entry));
  const layers: Uint8Array[] = manifest.layers.map(blob);
  return {
    files,
    entry,
    manifest,
    layers,
    config: parse(blob(manifest.config)),
    docker: json("manifest.json"),
    version: json("oci-layout"),
  };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function pack(folder: string, ...args: string[]): Promise<string> {
  await buildExamples();
  const file = `${folder}/image.tar`;
  const { code, stdout, stderr } = await layotto(
    ["image", "pack", "-o", file, ...args, HELLO],
    { cwd: folder },
  );
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /image\.tar: image \S+, \d+ bytes, sha256:[0-9a-f]{64}$/m,
  );
  return file;
}

Deno.test("image pack writes an OCI layout whose digests, sizes and diff_ids are right", () =>
  inFolder(async (folder) => {
    const file = await pack(folder, "--tag", "localhost/hello:1.0");
    const image = await readImage(file);
    assert.deepEqual(image.version, { imageLayoutVersion: "1.0.0" });
    assert.deepEqual(image.entry.annotations, {
      "io.containerd.image.name": "localhost/hello:1.0",
      "org.opencontainers.image.ref.name": "1.0",
    });
    assert.equal(image.entry.platform, undefined);
    assert.equal(image.manifest.schemaVersion, 2);
    assert.equal(
      image.manifest.layers[0].mediaType,
      "application/vnd.oci.image.layer.v1.tar",
    );
    assert.deepEqual(image.config.rootfs, {
      type: "layers",
      diff_ids: image.layers.map(digestOf),
    });
    assert.equal(image.config.os, "wasip1");
    assert.equal(image.config.architecture, "wasm");
    assert.deepEqual(image.config.config.Entrypoint, ["/function.wasm"]);
    assert.deepEqual(image.docker, [{
      Config: `blobs/${image.manifest.config.digest.replace(":", "/")}`,
      RepoTags: ["localhost/hello:1.0"],
      Layers: image.manifest.layers.map((layer: { digest: string }) =>
        `blobs/${layer.digest.replace(":", "/")}`
      ),
    }]);
    const [layer] = image.layers;
    const files = await untar(layer!);
    assert.deepEqual([...files.keys()], ["function.wasm"]);
    assert.deepEqual(
      new Uint8Array(files.get("function.wasm")!.bytes),
      await Deno.readFile(HELLO),
    );
  }));

Deno.test("the same function makes the same image, byte for byte", () =>
  inFolder(async (folder) => {
    const first = await Deno.readFile(await pack(folder, "--tag", "a"));
    const second = await Deno.readFile(await pack(folder, "--tag", "a"));
    assert.deepEqual(first, second);
    for (const { header } of (await untar(first)).values()) {
      assert.equal(header.mtime?.getTime(), 0);
      assert.equal(header.uid, 0);
    }
  }));

Deno.test("platform, entry, environment and layers of the user go into the image", () =>
  inFolder(async (folder) => {
    const below = tarStream.pack();
    below.entry({ name: "data/note" }, "below");
    below.finalize();
    const plain = new Uint8Array(await buffer(below));
    const zipped = new Uint8Array(
      await new Response(
        new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip")),
      ).arrayBuffer(),
    );
    await Deno.writeFile(`${folder}/plain.tar`, plain);
    await Deno.writeFile(`${folder}/zipped.tgz`, zipped);
    const file = await pack(
      folder,
      "--tag=a",
      "--platform=linux/arm/v7",
      "--entry=/opt/fn/f.wasm",
      "--env=A=1",
      "--env=B=x=y",
      "--layer=plain.tar",
      "--layer=zipped.tgz",
    );
    const { config, layers, manifest } = await readImage(file);
    assert.equal(config.os, "linux");
    assert.equal(config.architecture, "arm");
    assert.equal(config.variant, "v7");
    assert.deepEqual(config.config.Env, ["A=1", "B=x=y"]);
    assert.deepEqual(config.config.Entrypoint, ["/opt/fn/f.wasm"]);
    assert.equal(layers.length, 3);
    assert.deepEqual(new Uint8Array(layers[0]!), plain);
    assert.deepEqual(new Uint8Array(layers[1]!), zipped);
    assert.match(manifest.layers[1].mediaType, /tar\+gzip$/);
    assert.deepEqual(config.rootfs.diff_ids, [
      digestOf(plain),
      digestOf(plain),
      digestOf(layers[2]!),
    ]);
    const top = await untar(layers[2]!);
    assert.deepEqual([...top.keys()], ["opt/", "opt/fn/", "opt/fn/f.wasm"]);
  }));

Deno.test("what is no module, no layer or no place to write makes no image", () =>
  inFolder(async (folder) => {
    await buildExamples();
    await Deno.writeTextFile(`${folder}/text`, "hello");
    await Deno.writeFile(`${folder}/block`, new Uint8Array(1024).fill(65));
    await Deno.writeFile(
      `${folder}/gz`,
      new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]),
    );
    for (
      const [args, told] of [
        [["text"], /text: not WebAssembly/],
        [["absent"], /absent: there is no such file/],
        [["--layer", "text", HELLO], /text: found no tar file/],
        [["--layer", "block", HELLO], /block: found no tar file/],
        [["--layer", "gz", HELLO], /gz: /],
      ] as const
    ) {
      const { code, stderr } = await layotto(
        ["image", "pack", "--tag", "a", "-o", "out.tar", ...args],
        { cwd: folder },
      );
      assert.equal(code, 1, stderr);
      assert.match(stderr, told);
    }
    const { code, stderr } = await layotto(
      ["image", "pack", "--tag", "a", "-o", "no/such/out.tar", HELLO],
      { cwd: folder },
    );
    assert.equal(code, 1);
    assert.match(stderr, /no\/such\/out\.tar: cannot be written/);
    const left = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assert.deepEqual(left.sort(), ["block", "gz", "text"]);
  }));
