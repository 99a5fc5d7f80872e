/** The release, as `version`, `-v`, `-info` and `/actuator/info` say it. */
export const VERSION = "0.1.0";
