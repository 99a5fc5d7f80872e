import assert from "node:assert/strict";
import {
  settingsHelp,
  settingsMarkdown,
} from "../../../runtime/settings/docs.ts";
import { SETTINGS } from "../../../runtime/settings/table.ts";

const DOCS = new URL("../../../docs/settings.md", import.meta.url);

Deno.test("docs/settings.md is what the table of settings says", async () => {
  const found = await Deno.readTextFile(DOCS);
  // `deno fmt` breaks lines and aligns: only the words are compared.
  assert.equal(
    words(found),
    words(settingsMarkdown()),
    `write it anew with: deno eval 'import { settingsMarkdown } from "./runtime/settings/docs.ts"; Deno.writeTextFileSync("docs/settings.md", settingsMarkdown())' && deno fmt docs/settings.md`,
  );
});

Deno.test("the help names every setting once, within 80 columns", () => {
  const help = settingsHelp();
  for (const { name } of SETTINGS) {
    assert.equal(help.split(`--${name} <`).length, 2, name);
  }
  for (const line of help.split("\n")) assert(line.length <= 80, line);
});

function words(text: string): string {
  return text.split(/\s+/).join(" ").trim();
}
