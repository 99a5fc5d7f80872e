/** What people read about the settings, made from their table. */
import { environmentName } from "./layers.ts";
import { type Setting, SETTINGS } from "./table.ts";
import { expectation, formatBytes } from "./value.ts";

/** The lines of `--help` about settings, 80 columns wide. */
export function settingsHelp(): string {
  const lines = ["Settings of the host:"];
  for (const setting of settings("host")) lines.push(...helpLines(setting));
  lines.push("", "Settings of every function:");
  for (const setting of settings("function")) lines.push(...helpLines(setting));
  return lines.join("\n");
}

/** The whole of docs/settings.md. */
export function settingsMarkdown(): string {
  return [
    "# Settings",
    "",
    "Made from `runtime/settings/table.ts`; a test compares the two.",
    "",
    "A setting can be said in several places. The first of these that says it wins:",
    "",
    "1. a flag: `--http-port 8080`",
    "2. the environment: `LAYOTTO_HTTP_PORT=8080`",
    "3. an annotation of the pod for one container: `layotto.mosn.io/<container>.<setting>`",
    "4. an annotation of the pod: `layotto.mosn.io/<setting>`",
    "5. the configuration file: `/etc/layotto/config.json` in a pod, `--config` elsewhere; what is said of one function goes before what stands under `settings`",
    "6. the node's own `/etc/layotto/config.json`",
    "7. the default",
    "",
    "The node's file may hold a `ceiling`: a limit named there is never exceeded, whoever asks. Sizes are bytes or `16Mi`; durations are milliseconds or `30s`. An unknown setting is an error, and so is a value out of its range. `layotto inspect --config` prints every value with the place it came from.",
    "",
    "## Of the host",
    "",
    ...settings("host").map(markdownEntry),
    "",
    "## Of a function",
    "",
    "Said as a flag, in the environment, under `settings` or as a plain annotation, these hold for every function; said in a function's own part of the file or as a container's annotation, for that one.",
    "",
    ...settings("function").map(markdownEntry),
    "",
  ].join("\n");
}

function settings(scope: "host" | "function"): Setting[] {
  return (SETTINGS as readonly Setting[]).filter((s) =>
    (s.scope === "function") === (scope === "function")
  );
}

function markdownEntry(setting: Setting): string {
  const limits = setting.ceiling ? " A `ceiling` can cap it." : "";
  const one = setting.scope === "both"
    ? " Can be said of one function too."
    : "";
  return `- **\`${setting.name}\`**: ${setting.doc}${one} Default ${
    showDefault(setting)
  }; ${expectation(setting).replaceAll('"', "`")}; \`${
    environmentName(setting.name)
  }\`.${limits}`;
}

function showDefault(setting: Setting): string {
  if (setting.default === "") return "unset";
  if (setting.type === "bytes" && typeof setting.default === "number") {
    return `\`${formatBytes(setting.default)}\``;
  }
  return `\`${setting.default}\`${setting.type === "duration" ? " ms" : ""}`;
}

function helpLines(setting: Setting): string[] {
  const short = setting.short === undefined ? "" : `-${setting.short}, `;
  const unset = setting.default === ""
    ? ""
    : ` (default ${showDefault(setting)})`;
  return [
    `  ${short}--${setting.name} <${setting.type}>`,
    ...wrap(`${setting.doc}${unset}`.replaceAll("`", ""), 72).map((line) =>
      `        ${line}`
    ),
  ];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
