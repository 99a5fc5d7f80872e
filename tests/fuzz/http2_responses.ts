/** What HTTP/2 servers say on a new connection, frame by frame (RFC 9113), that is worth mutating. */

const Type = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;

const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;

function frame(
  type: number,
  flags: number,
  stream: number,
  ...payload: number[]
): number[] {
  const { length } = payload;
  const head = [length >> 16, length >> 8 & 255, length & 255, type, flags];
  return [...head, 0, 0, 0, stream, ...payload];
}

const SETTINGS = frame(Type.settings, 0, 0);
const SETTINGS_ACK = frame(Type.settings, ACK, 0);
/** HPACK: `:status: 200` is one byte, `:status: 404` another; `x: y` is written out. */
const OK = 0x88;
const NOT_FOUND = 0x8d;
const FIELD = [0x00, 1, 0x78, 1, 0x79];

export const HTTP2_RESPONSES: Uint8Array[] = [
  [
    ...SETTINGS,
    ...SETTINGS_ACK,
    ...frame(Type.headers, END_HEADERS, 1, OK, ...FIELD),
    ...frame(Type.data, END_STREAM, 1, 104, 101, 108, 108, 111),
  ],
  [
    ...SETTINGS,
    ...frame(Type.headers, END_HEADERS | END_STREAM, 1, NOT_FOUND),
  ],
  [
    ...frame(Type.settings, 0, 0, 0, 4, 0, 0, 0, 100),
    ...frame(Type.headers, 0, 1, OK),
    ...frame(Type.continuation, END_HEADERS, 1, ...FIELD),
    ...frame(Type.data, 0, 1, 97),
    ...frame(Type.window, 0, 1, 0, 0, 1, 0),
    ...frame(Type.headers, END_HEADERS | END_STREAM, 1, ...FIELD),
  ],
  [...SETTINGS, ...frame(Type.reset, 0, 1, 0, 0, 0, 8)],
  [...SETTINGS, ...frame(Type.goaway, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
  [
    ...SETTINGS,
    ...frame(Type.ping, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
    ...frame(Type.push, END_HEADERS, 1, 0, 0, 0, 2, 0x82, 0x86, 0x84),
  ],
].map((bytes) => Uint8Array.from(bytes));
