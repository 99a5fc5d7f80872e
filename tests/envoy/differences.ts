/** Where this host differs from Envoy on purpose, each with its reason. */

export interface Difference {
  /** `theme/case`. */
  cases: RegExp;
  reason: string;
  /** What of a text is compared nevertheless; nothing unless given. */
  same?: (text: string) => string;
}

/** A text with every match replaced. */
function replacing(pattern: RegExp, by = ""): (text: string) => string {
  return (text) => text.replace(pattern, by);
}

/** A body's end as Envoy has it, in a call of its own, told as it comes here: with the last bytes. */
function endJoined(text: string): string {
  const lines = text.split("\n");
  const body = /^( {4}(?:\d\| )?\w+_body\(\d+, )(\d+), ([01])\)$/;
  for (let i = lines.length - 1; i > 0; i--) {
    const [, call, size, end] = body.exec(lines[i]!) ?? [];
    // A call in which the plugin did something stays what it is.
    if (
      size !== "0" || end !== "1" || /^ {6}|\| {2}/.test(lines[i + 1] ?? "")
    ) {
      continue;
    }
    const before = lines.findLastIndex((line, n) =>
      n < i && line.startsWith(call!)
    );
    if (before < 0) continue;
    lines[before] = lines[before]!.replace(/, 0\)$/, ", 1)");
    lines.splice(i, 1);
  }
  return lines.join("\n");
}

/** What the client got without the fields that say how a body ends, and whether the connection does. */
function unframed(text: string): string {
  const framing =
    /^ {4}(content-length: \d+|transfer-encoding: chunked|connection: close)\n/gm;
  return text.split(/^(?=\S)/m).map((part) =>
    part.startsWith("client got\n") ? part.replace(framing, "") : part
  ).join("");
}

export const DIFFERENCES: readonly Difference[] = [
  {
    cases: /^/,
    reason:
      "Envoy tells services what it is (x-forwarded-proto, x-request-id, x-envoy-upstream-service-time); a pod's function has no such proxy's name to give. So plugins see fewer fields.",
    same: (text) =>
      [
        replacing(/^ {4}x-forwarded-proto: http\n/gm),
        replacing(/(_headers\(\d+), \d+, /g, "$1, <n>, "),
        replacing(/(_headers) \d+ (true|false)$/gm, "$1 <n> $2"),
        replacing(/(http_call_response\(\d+), \d+, /g, "$1, <n>, "),
        replacing(/(-> 0) \d+ (\[:)/g, "$1 <n> $2"),
        replacing(/, x-(forwarded-proto|request-id|envoy-[a-z-]+)=[^,\]]*/g),
        replacing(/^( +size [02] -> 0) \d+$/gm, "$1 <n>"),
      ].reduce((rest, change) => change(rest), text),
  },
  {
    cases: /^/,
    reason:
      "Envoy's HTTP/1 hands over a body's end after its last bytes; here it comes with them where the length says so, as in Envoy's HTTP/2.",
    same: endJoined,
  },
  {
    cases: /^/,
    reason:
      "An answer that is there as a whole is framed by its length, which a 204 never has; and what is left of a request is read, where Envoy closes.",
    same: unframed,
  },
  {
    cases: /^sdk\/.*-local-request-body$/,
    reason:
      "A request that is answered before its head has left this host never reaches the service.",
    same: replacing(/^upstream got\n(?: .*\n)+/gm),
  },
  {
    cases: /^/,
    reason:
      "Where Envoy answers 2 or 1, Rust's SDK panics. So here an absent map has no value (1) and no fields, and a write that cannot be done answers 0 and is told in the log. An empty list of fields is four zero bytes: an empty one kills older SDKs.",
    same: (text) =>
      [
        replacing(/^( +(?:\d\| +)?get [0-7] .* -> )2$/gm, "$11"),
        replacing(
          /^( +(?:\d\| +)?(?:add|replace|remove|setpairs) [0-7] .* -> )2$/gm,
          "$10",
        ),
        replacing(/^( +(?:\d\| +)?size [0-7]) -> .*$/gm, "$1"),
        replacing(/^( +(?:\d\| +)?pairs [0-7] -> 0) null$/gm, "$1 0 []"),
        replacing(/^( +(?:\d\| +)?done) -> 1$/gm, "$1 -> 0"),
        replacing(/^( +(?:\d\| +)?setbody [0-8] .*) -> [12]$/gm, "$1 -> 0"),
        replacing(/^ +(?:(?:\d|root)\| )?proxy_\w+ .*\n/gm),
      ].reduce((rest, change) => change(rest), text),
  },
  {
    cases: /^headers\/reads-in-(?!request-headers)/,
    reason:
      "Maps can be read for as long as their stream lives, and not in their own callbacks only.",
  },
  {
    cases: /^order\/two-filters-one-vm$/,
    reason:
      "Envoy starts plugins once for each thread, and again while it serves; here they have started before the first request.",
    same: replacing(/^ +root\| .*\n/gm),
  },
  {
    cases:
      /^stops\/request-headers-(until-the-end-of-a-body-answered-3|and-no-body-to-a-second-filter)$|^buffers\/set-to-nothing$/,
    reason:
      "A body that is over before its first byte goes out is announced with its length, 0; Envoy sends an empty chunk.",
    same: replacing(/^ {4}(content-length: 0|transfer-encoding: chunked)\n/gm),
  },
  {
    cases: /^local\/local-from-tick-twice$/,
    reason: "Of two local responses the first counts, wherever they come from.",
  },
  {
    cases: /^local\/local-in-context-create$/,
    reason:
      "A request that was answered before it was shown is not shown any more.",
  },
  {
    cases: /^chains\/tcp-(change|reads)$/,
    reason:
      "Who closed a connection whose both ends have ended is a race in Envoy; continue_stream of an upstream, which Envoy does not have (12), kills Rust plugins with any status but 0.",
  },
  {
    cases: /^properties\//,
    reason:
      "Requests get no id of this host's making, so what counts bytes of fields differs; the cluster is known once the request has gone through the plugins, and cluster_name is answered as the specification has it; what only Envoy's own cluster manager knows is not there.",
    same: (text) =>
      [
        replacing(
          /^ +prop (request\.id|(?:request|response)\.total_size|(?:xds\.)?cluster_name|upstream\.(?:transport_failure_reason|request_attempt_count)|response\.(?:code_details|grpc_status)) .*\n/gm,
        ),
      ].reduce((rest, change) => change(rest), text),
  },
  {
    cases: /^pauses\/continue-without-pause$/,
    reason:
      "Envoy crashes when a response is continued that has not begun; here nothing happens.",
  },
  {
    cases: /^local\/local-in-(log|done)$/,
    reason:
      "Envoy goes round in circles and crashes when a stream that ends is answered; here nothing happens.",
  },
  {
    cases:
      /^(local\/local-status-(0|99|100|101|199|600|999|1000|-1)|headers\/response-status-(0|99|100|600|1000))$/,
    reason:
      "Envoy sends any number as a status, or never ends the answer; here what is not from 200 to 599 becomes 500.",
  },
  {
    cases: /^headers\/(bad-values|add-pseudo)$/,
    reason:
      "Envoy sends fields that are no HTTP (an authority with a comma among them); here they are dropped and logged, or the request is refused.",
  },
  {
    cases:
      /^buffers\/set-(response-)?(shorter-)?with-content-length-left$|^headers\/content-length-changed-by-hand$/,
    reason:
      "Envoy lets a plugin break the framing of the connection; here a length that does not fit is not sent.",
  },
  {
    cases: /^failures\/|^sdk\/.*-trap$|^chains\/.*-traps?(-|$)/,
    reason:
      "A failed instance is replaced here; in Envoy it stays failed. The status is 500, and 503 only while there is no instance.",
  },
  {
    cases: /^pauses\/request-(headers|body)-continue-inside-then-return-1$/,
    reason:
      "Envoy sends the headers on and then waits for ever; here a stream that was told to go on does.",
  },
  {
    cases:
      /^headers\/(after-they-were-sent|headers-held-by-paused-body)$|^buffers\/(set-empty-end|status-flags)$/,
    reason:
      "The plugin does something in the last call, and here there is one less (see the body's end).",
  },
  {
    cases: /^buffers\/big-response/,
    reason: "Services' answers are read in parts of 32 KiB.",
  },
  {
    cases: /^buffers\/set-request-body-(1-0|1-3|3--1|10-1)$/,
    reason:
      "The specification has a range inside a buffer replaced; Envoy answers 2, which kills Rust plugins.",
  },
  {
    cases: /^buffers\/other-buffers$/,
    reason:
      "A plugin's configuration can be read for all of its life; buffer 8 is Layotto's, which a function writes.",
  },
  {
    cases: /^local\/local-in-response-body|^sdk\/.*-local-response-body$/,
    reason:
      "An answer whose head has not left this host is still replaced; Envoy has sent it and cuts the connection.",
  },
  {
    cases: /^calls\/metrics$/,
    reason: "A metric that is defined again has the id that it had.",
  },
  {
    cases: /^calls\/foreign$/,
    reason:
      "Of Envoy's foreign functions those are here that mean something without it.",
  },
  {
    cases: /^sdk\/libc$/,
    reason:
      "What a guest prints goes to the container's stdout and stderr byte for byte, not into the log.",
  },
  {
    cases: /^pointers\//,
    reason:
      "Here the places for results are looked at before anything else, and a text of length 0 may lie anywhere, as Rust's and Go's do.",
    same: (text) =>
      [
        replacing(/^ {4}\n/gm),
        replacing(
          /^( +raw (?:log 2 \S+ 0|set_buffer_bytes 0 5 5 \S+ 0) -> ).*$/gm,
          "$1<any>",
        ),
        replacing(
          /^( +raw (?:get_\w+|dequeue_\w+|call_\w+|define_\w+) .*(?:0x7fffff00|-16).* -> )\d+$/gm,
          "$1<any>",
        ),
      ].reduce((rest, change) => change(rest), text),
  },
  {
    cases: /^properties\/set$/,
    reason:
      "What was set is read back under the same path; in Envoy only if that has one segment.",
  },
];
