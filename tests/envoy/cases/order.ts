/** Which callbacks come, and in which order. */
import { type Case, chunked, get, post, probe } from "../case.ts";

export const ORDER: readonly Case[] = [
  probe("get", [], get("/plain"), { start: true }),
  probe("get-direct", [], get("/plain"), { answer: "direct" }),
  probe("head", [], get("/plain", "", "HEAD")),
  probe("get-empty-answer", [], get("/empty")),
  probe("post-length", [], post("/echo", "hello")),
  probe("post-chunks", [], chunked("/echo", ["one", "two", "three"])),
  probe("post-chunks-direct", [], chunked("/echo", ["one", "two", "three"]), {
    answer: "direct",
  }),
  probe(
    "post-trailers",
    [],
    chunked("/echo", ["one", "two"], "x-end: yes\r\n"),
  ),
  probe("answer-chunks", [], get("/chunks")),
  probe("answer-trailers", [], get("/trailers")),
  probe("answer-early", [], chunked("/early", ["one", "two"])),
  probe("answer-cut", [], get("/cut")),
  probe("upstream-reset", [], get("/reset")),
  probe("client-leaves-in-body", [], [
    ...chunked("/plain", ["one"]).slice(0, 3),
    60,
    "close",
  ]),
  probe("client-leaves-while-upstream-thinks", [], [
    ...get("/hang"),
    200,
    "close",
  ]),
  {
    name: "two-requests-on-two-connections",
    filters: [{ configuration: "" }],
    connections: [get("/plain"), get("/plain")],
  },
  {
    name: "two-filters",
    filters: [{ configuration: "" }, { configuration: "" }],
    connections: [chunked("/chunks", ["one", "two"])],
  },
  {
    name: "two-filters-one-vm",
    filters: [
      { configuration: "", vmId: "both" },
      { configuration: "", vmId: "both" },
    ],
    connections: [get("/plain")],
    start: true,
  },
];
