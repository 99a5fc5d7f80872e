/** Files of Envoy's shape, JSON or YAML: `layotto start -c envoy.yaml`. */
import { ConfigError } from "../../settings/problems.ts";
import { Check } from "../check.ts";
import { JsonSyntaxError, parseJson } from "../json.ts";
import { readBootstrap } from "./bootstrap.ts";
import type { EnvoyOptions } from "./context.ts";
import type { EnvoyConfig } from "./model.ts";

/**
 * Reads a text that `isEnvoyText` knows.
 * @throws {ConfigError} with every problem: file, path in it, what was found, what was expected.
 */
export async function parseEnvoy(
  text: string,
  options: EnvoyOptions,
): Promise<EnvoyConfig> {
  const root = await parse(text, options.file);
  return readBootstrap(new Check(options.file), root, options);
}

/** JSON where the text begins as JSON does and is it, otherwise YAML, which takes most JSON too. */
async function parse(text: string, file: string): Promise<unknown> {
  if (/^\ufeff?\s*\{/.test(text)) {
    try {
      return parseJson(text);
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      if (file.endsWith(".json")) throw syntaxError(file, error);
    }
  }
  // Loaded for such files alone: it is of no use to any other.
  const { parseYaml, YamlSyntaxError } = await import("./yaml.ts");
  try {
    return parseYaml(text);
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw syntaxError(file, error);
  }
}

function syntaxError(
  file: string,
  { line, column, message }: { line: number; column: number; message: string },
): ConfigError {
  return new ConfigError([`${file}:${line}:${column}: ${message}`]);
}
