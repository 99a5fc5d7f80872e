/** Servers that answer with any bytes, over real connections: there is an answer each time, theirs or ours. */
import assert from "node:assert/strict";
import {
  cluster,
  get,
  Peer,
  Port,
  RawServer,
  type Received,
} from "../runtime/upstream/harness.ts";
import { decodeByteString } from "../../abi/text.ts";
import { fuzz } from "./engine/fuzz.ts";
import { HTTP1_RESPONSES } from "./http1_responses.ts";
import { HTTP2_RESPONSES } from "./http2_responses.ts";

/** What the server says next. */
let input = new Uint8Array(0);

/** Waits for a request's first bytes, says what it has to say, and goes. */
async function serve(peer: Peer): Promise<void> {
  await peer.until("\r\n\r\n");
  await peer.send(decodeByteString(input, 0, input.length));
  peer.close();
}

/** An answer is whole: a head first, the end last and once. */
function checkAnswer({ events, status, reset, body }: Received): boolean {
  const said = events.join(" ");
  assert.match(said, /^headers!?|^reset!$/, said);
  assert.equal(events.filter((event) => event.endsWith("!")).length, 1, said);
  assert.equal(events.at(-1)!.endsWith("!"), true, said);
  assert.equal(events.indexOf("headers"), events.lastIndexOf("headers"), said);
  assert.match(status, /^[2-5][0-9]{2}$|^[6-9][0-9]{2}$/);
  assert.ok(body.length <= input.length + 200);
  return reset === undefined && status !== "503";
}

interface Protocol {
  name: string;
  protocol: "http1" | "http2";
  corpus: Uint8Array[];
}

const PROTOCOLS: Protocol[] = [
  { name: "http1_server", protocol: "http1", corpus: HTTP1_RESPONSES },
  { name: "http2_server", protocol: "http2", corpus: HTTP2_RESPONSES },
];

for (const { name, protocol, corpus } of PROTOCOLS) {
  fuzz({
    says: `whatever an ${protocol} server says, its client gets one answer`,
    name,
    corpus,
    minimum: 50,
    async run(bytes) {
      input = new Uint8Array(bytes);
      using server = new RawServer(serve);
      using port = new Port({
        clusters: { web: cluster(server.address, { protocol }) },
      });
      return checkAnswer(await port.request("web", get()));
    },
  });
}
