/** A plugin that could not be started for a reason other than a trap. */
export class PluginStartError extends Error {
  override name = "PluginStartError";
}
