/**
 * Writes proto/gen from proto/**.proto with Debian's `protoc` and ts-proto, and
 * makes the decoders strict. Run as `deno task gen`; the result is committed,
 * so that only those who change a .proto file need `protoc`.
 *
 * @module
 */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const TS_PROTO = "npm:ts-proto@2.18.0/protoc-gen-ts_proto";

/** Encode, decode and plain interfaces; see proto/RATIONALE.md. */
const OPTIONS = [
  "env=browser",
  "esModuleInterop=true",
  "importSuffix=.ts",
  "forceLong=bigint",
  "useDate=false",
  "enumsAsLiterals=true",
  "unrecognizedEnum=false",
  "outputJsonMethods=false",
  "outputPartialMethods=false",
  "outputServices=none",
  "outputClientImpl=false",
  "exportCommonSymbols=false",
  "annotateFilesWithVersion=false",
];

/**
 * Files whose messages are written with most fields left out: there every
 * field is optional. Everywhere else a forgotten field is a type error.
 */
const SPARSE = new Set([
  "containerd/metrics_v1.proto",
  "containerd/metrics_v2.proto",
  "cri/runtime.proto",
]);

/** Every .proto file below `root`, as a sorted path relative to it. */
function protoFiles(root: string, folder = ""): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(`${root}/${folder}`)) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...protoFiles(root, path));
    else if (entry.name.endsWith(".proto")) found.push(path);
  }
  return found.sort();
}

/** Runs one command; throws with what it wrote to stderr. */
async function run(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, {
    args,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    const said = new TextDecoder().decode(stderr).trim();
    throw new Error(`Cannot run ${command} ${args.join(" ")}: ${said}`);
  }
}

/** Where the .proto files are, where the result goes, who writes it. */
interface Job {
  root: string;
  out: string;
  plugin: string;
}

async function protoc(
  job: Job,
  files: string[],
  options: string[],
): Promise<void> {
  await run("protoc", [
    `--plugin=protoc-gen-ts_proto=${job.plugin}`,
    `--ts_proto_out=${job.out}`,
    `--ts_proto_opt=${options.join(",")}`,
    `-I${job.root}`,
    ...files,
  ]);
}

/**
 * Replaces every match of `pattern`; throws unless there are `count`, which is
 * how a later ts-proto that writes other code is noticed.
 */
function replaceAll(
  text: string,
  pattern: RegExp,
  replacement: string,
  count: number,
): string {
  const found = text.match(pattern)?.length ?? 0;
  if (found !== count) {
    throw new Error(
      `Cannot make the decoders strict: found ${found} × ${pattern}, ` +
        `expected ${count}; has ts-proto changed what it writes?`,
    );
  }
  return text.replace(pattern, replacement);
}

/**
 * Makes each decoder of one generated file strict: it throws on a tag that
 * cannot be, on a group with another's end, on text that is not UTF-8 and on a
 * field that leaves its message. Also drops ts-proto's
 * depth counter, which messages that do not contain themselves do not need.
 */
function makeStrict(text: string, path: string): string {
  const names = [...text.matchAll(/^export const (\w+): MessageFns</gm)];
  if (names.length === 0) return text;
  const count = names.length;
  let strict = replaceAll(
    text,
    /^ +const previousRecursionDepth = .*\n +if \(previousRecursionDepth.*\n.*\n +\}\n +\(reader as any\).*\n +try \{\n/gm,
    "",
    count,
  );
  strict = replaceAll(
    strict,
    /^ +return message;\n +\} finally \{\n.*\n +\}\n/gm,
    "if (reader.pos !== end) { overrun(NAME, reader.pos, end); }\n" +
      "return message;\n",
    count,
  );
  strict = replaceAll(
    strict,
    /if \(\(tag & 7\) === 4 \|\| tag === 0\) \{\n +break;\n +\}/g,
    "if (tag < 8 || (tag & 7) === 4) { badTag(NAME, tag, reader.pos); }",
    count,
  );
  strict = replaceAll(
    strict,
    /reader\.skip\(tag & 7\)/g,
    "reader.skip(tag & 7, tag >>> 3)",
    count,
  );
  strict = strict.replaceAll("reader.string()", "reader.string(true)");
  for (const [, name] of names) {
    // One of each per decoder, in the order of the decoders.
    strict = strict.replace("badTag(NAME", `badTag("${name}"`)
      .replace("overrun(NAME", `overrun("${name}"`);
  }
  const up = "../".repeat(path.split("/").length);
  return strict.replace(
    /^import \{ BinaryReader/m,
    `import { badTag, overrun } from "${up}strict.ts";\n$&`,
  );
}

/** Generates all of `job.root` into `target`, replacing what is there. */
async function generate(job: Job, target: string): Promise<void> {
  const all = protoFiles(job.root);
  const dense = all.filter((file) => !SPARSE.has(file));
  const sparse = all.filter((file) => SPARSE.has(file));
  // ts-proto also writes the files that are imported: the dense run is last.
  await protoc(job, sparse, [...OPTIONS, "useOptionals=all"]);
  await protoc(job, dense, OPTIONS);
  await Deno.remove(target, { recursive: true }).catch(() => {});
  for (const file of all) {
    const path = file.replace(/\.proto$/, ".ts");
    const text = await Deno.readTextFile(`${job.out}/${path}`);
    await Deno.mkdir(dirname(`${target}/${path}`), { recursive: true });
    await Deno.writeTextFile(`${target}/${path}`, makeStrict(text, path));
  }
  await run(Deno.execPath(), ["fmt", "--quiet", "--no-config", target]);
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("../proto", import.meta.url));
  const scratch = await Deno.makeTempDir({ prefix: "gen-proto-" });
  try {
    const plugin = `${scratch}/protoc-gen-ts_proto`;
    const line = `exec '${Deno.execPath()}' run -A --quiet --no-lock`;
    await Deno.writeTextFile(plugin, `#!/bin/sh\n${line} ${TS_PROTO}\n`, {
      mode: 0o755,
    });
    await generate({ root, out: scratch, plugin }, `${root}/gen`);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}
