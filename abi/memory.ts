/**
 * The one door to guest memory. Everything a guest names is checked here, in Number arithmetic wide enough for any two
 * u32 (so nothing wraps), and everything read is a copy (guest memory moves and changes behind our back).
 *
 * Growth detaches V8's views: a detached view has length 0, so the bounds check that is needed anyway notices it and
 * takes fresh views. The same check serves shared memories, whose old views stay valid but short.
 *
 * Addresses and sizes here are unsigned: callers apply `>>> 0` to what arrives from wasm.
 */
import { copyInto, type Span, spanOf } from "./copy.ts";
import { internedByteString } from "./interned.ts";
import { decodeByteString, decodeText, writeByteString } from "./text.ts";
import { Status } from "./proxywasm/types.ts";

/** No text that a guest may name is longer (header values are the longest); a longer one counts as out of bounds. */
const MAX_TEXT_BYTES = 1024 * 1024;

const NOTHING = spanOf(new Uint8Array(0));

/** The guest's allocator, entered plainly: it must not suspend (DESIGN 12). */
export type Allocator = (size: number) => number;

export class GuestMemory {
  /**
   * Whether the guest's allocator is running. While it does, only the few host calls that ABI.md §7.11 names may be
   * made; `link.ts` guards the others.
   */
  allocating = false;

  #memory: WebAssembly.Memory | undefined;
  #allocator: Allocator | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Known only after instantiation: a start section runs before, and then every address is out of range. */
  attach(memory: WebAssembly.Memory, allocator: Allocator | undefined): void {
    this.#memory = memory;
    this.#allocator = allocator;
  }

  /** Whether `[address, address + length)` lies in the memory as it is now. */
  holds(address: number, length: number): boolean {
    return address + length <= this.#bytes.length ||
      this.#refreshed(address + length);
  }

  #refreshed(end: number): boolean {
    if (this.#memory === undefined) return false;
    const buffer = this.#memory.buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    return end <= buffer.byteLength;
  }

  /** The u8 at `address`, which the caller has checked with `holds`. */
  u8(address: number): number {
    return this.#bytes[address]!;
  }

  /** The u16 at `address`, checked by the caller. */
  u16(address: number): number {
    return this.#view.getUint16(address, true);
  }

  /** The u32 at `address`, checked by the caller. */
  u32(address: number): number {
    return this.#view.getUint32(address, true);
  }

  /** The u64 at `address`, checked by the caller. */
  u64(address: number): bigint {
    return this.#view.getBigUint64(address, true);
  }

  /** Stores a byte; the caller has checked the address. */
  setU8(address: number, value: number): void {
    this.#bytes[address] = value;
  }

  /** Stores a u16; the caller has checked the address. */
  setU16(address: number, value: number): void {
    this.#view.setUint16(address, value, true);
  }

  /** Stores a u32; the caller has checked the address. */
  setU32(address: number, value: number): void {
    this.#view.setUint32(address, value, true);
  }

  /** Stores a u64; the caller has checked the address. */
  setU64(address: number, value: bigint): void {
    this.#view.setBigUint64(address, value, true);
  }

  /** Stores a u64 given as two halves, which costs no bigint; the caller has checked the address. */
  setU64Halves(address: number, low: number, high: number): void {
    this.#view.setUint32(address, low, true);
    this.#view.setUint32(address + 4, high, true);
  }

  /** Fills with zeros; the caller has checked the range. */
  clear(address: number, length: number): void {
    this.#bytes.fill(0, address, address + length);
  }

  /** A copy of a range, or undefined if it is out of bounds. Length 0 reads nothing, whatever the address. */
  copy(address: number, length: number): Uint8Array | undefined {
    if (length === 0) return new Uint8Array(0);
    if (!this.holds(address, length)) return undefined;
    return this.#bytes.slice(address, address + length);
  }

  /**
   * A range to be read at once, before the guest runs again; of length 0 whatever the address. Undefined if out of
   * bounds.
   */
  look(address: number, length: number): Span | undefined {
    if (length === 0) return NOTHING;
    if (!this.holds(address, length)) return undefined;
    return { bytes: this.#bytes, at: address, size: length };
  }

  /** UTF-8 text at a range, or undefined if it is out of bounds or over 1 MiB. */
  text(address: number, length: number): string | undefined {
    if (length === 0) return "";
    if (length > MAX_TEXT_BYTES || !this.holds(address, length)) {
      return undefined;
    }
    return decodeText(this.#bytes, address, length);
  }

  /** A byte string (HTTP field, property path) at a range, or undefined if it is out of bounds or over 1 MiB. */
  byteString(address: number, length: number): string | undefined {
    if (length === 0) return "";
    if (length > MAX_TEXT_BYTES || !this.holds(address, length)) {
      return undefined;
    }
    return decodeByteString(this.#bytes, address, length);
  }

  /** The byte string of a name that others use too, as `byteString`. */
  name(address: number, length: number): string | undefined {
    if (length === 0) return "";
    if (length > MAX_TEXT_BYTES || !this.holds(address, length)) {
      return undefined;
    }
    return internedByteString(this.#bytes, address, length);
  }

  /** Copies `bytes` to `address`; false, and nothing written, if they do not fit there. */
  write(address: number, bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true;
    if (!this.holds(address, bytes.length)) return false;
    this.#bytes.set(bytes, address);
    return true;
  }

  /**
   * A range as a view, for filling in place (random bytes, pairs). Undefined if out of bounds. It must be used at once:
   * anything that runs the guest may detach it.
   */
  borrow(address: number, length: number): Uint8Array | undefined {
    if (!this.holds(address, length)) return undefined;
    return this.#bytes.subarray(address, address + length);
  }

  /**
   * Guest memory of exactly `size` bytes (AssemblyScript takes the block's size for the length), or 0 if the guest has
   * no allocator, it gave 0, or what it gave is out of bounds. Never asks for 0 bytes: Go's allocator traps on it.
   * A trap in the allocator passes through and ends the instance.
   */
  allocate(size: number): number {
    const allocator = this.#allocator;
    if (allocator === undefined || size === 0 || this.allocating) return 0;
    this.allocating = true;
    let address: number;
    try {
      address = allocator(size) >>> 0;
    } finally {
      this.allocating = false;
    }
    return address !== 0 && this.holds(address, size) ? address : 0;
  }

  /** Whether both result addresses of a call can be written; asked before anything else happens. */
  canReturn(addressAt: number, sizeAt: number): boolean {
    return this.holds(addressAt, 4) && this.holds(sizeAt, 4);
  }

  /**
   * Room for a result of `size` bytes, its address and size stored where the guest asked for them. Gives the address,
   * 0 when the size is 0 (then 0 and 0 are stored), -1 when an address is bad or the guest has no memory to give.
   * The allocation comes before the stores, so that they always go through fresh views.
   */
  room(size: number, addressAt: number, sizeAt: number): number {
    if (!this.canReturn(addressAt, sizeAt)) return -1;
    let address = 0;
    if (size !== 0) {
      address = this.allocate(size);
      if (address === 0) return -1;
    }
    this.#view.setUint32(addressAt, address, true);
    this.#view.setUint32(sizeAt, size, true);
    return address;
  }

  /**
   * Hands `bytes`, or the first `size` of them, to the guest in memory of its own; status 0 or 6. `bytes` must not be a
   * view of guest memory.
   */
  give(
    bytes: Uint8Array,
    addressAt: number,
    sizeAt: number,
    size = bytes.length,
  ): Status {
    const address = this.room(size, addressAt, sizeAt);
    if (address < 0) return Status.invalidMemoryAccess;
    if (address !== 0) copyInto(this.#bytes, address, bytes, size);
    return Status.ok;
  }

  /** Hands a byte string to the guest; status 0 or 6. */
  giveByteString(text: string, addressAt: number, sizeAt: number): Status {
    const address = this.room(text.length, addressAt, sizeAt);
    if (address < 0) return Status.invalidMemoryAccess;
    writeByteString(this.#bytes, address, text);
    return Status.ok;
  }
}
