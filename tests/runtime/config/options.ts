/** How the tests of this folder read a configuration text. */
import assert from "node:assert/strict";
import {
  type HostConfig,
  parseConfig,
  type ParseOptions,
} from "../../../runtime/config/config.ts";
import { ConfigError } from "../../../runtime/settings/problems.ts";

/** Reads `text` as the file `c.json` of the folder /etc/app, while /current is the current folder, on 3 CPUs. */
export function parse(
  text: string,
  options: Partial<ParseOptions> = {},
): HostConfig {
  return parseConfig(text, {
    file: "c.json",
    folder: "/etc/app",
    cwd: "/current",
    cpus: 3,
    ...options,
  });
}

/** The problems that reading `config` gives. */
export function problemsOf(
  config: unknown,
  options: Partial<ParseOptions> = {},
): readonly string[] {
  try {
    parse(
      typeof config === "string" ? config : JSON.stringify(config),
      options,
    );
  } catch (error) {
    assert(error instanceof ConfigError);
    return error.problems;
  }
  assert.fail("expected a ConfigError");
}
