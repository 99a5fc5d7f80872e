/**
 * The memories of a module, read out of its sections (WebAssembly core specification, binary format): JavaScript's API
 * does not tell their limits.
 */

export interface MemoryType {
  imported: boolean;
  /** Pages. */
  min: bigint;
  max: bigint | undefined;
  /** Bytes: 65536 unless the module says otherwise. */
  pageSize: number;
}

const PREAMBLE = 8;
const IMPORT_SECTION = 2;
const MEMORY_SECTION = 5;

/** Bits of a limits byte: a maximum follows, addresses are of 64 bits, the page's size follows (as a power of two). */
const HAS_MAX = 1;
const HAS_PAGE_SIZE = 8;

/** @param bytes a module that is known to be valid. */
export function readMemories(bytes: Uint8Array): MemoryType[] {
  const reader = new Reader(bytes, PREAMBLE);
  const memories: MemoryType[] = [];
  while (!reader.done) {
    const id = reader.byte();
    const size = reader.number();
    const end = reader.at + size;
    if (id === IMPORT_SECTION) readImports(reader, memories);
    if (id === MEMORY_SECTION) {
      for (let left = reader.number(); left > 0; left--) {
        memories.push(readMemory(reader, false));
      }
      break;
    }
    reader.at = end;
  }
  return memories;
}

/** Stops at an import it does not know; the caller goes on behind the section. */
function readImports(reader: Reader, memories: MemoryType[]): void {
  for (let left = reader.number(); left > 0; left--) {
    reader.skip(reader.number());
    reader.skip(reader.number());
    switch (reader.byte()) {
      case 0x00: // function: its type's index
        reader.number();
        break;
      case 0x02:
        memories.push(readMemory(reader, true));
        break;
      case 0x03: // global: value type and mutability, of a byte each for the types of the first version
        if (reader.byte() < 0x6f) return;
        reader.byte();
        break;
      case 0x04: // tag: an attribute and its type's index
        reader.byte();
        reader.number();
        break;
      case 0x01: // table: reference type, then limits as a memory's
        if (reader.byte() < 0x6f) return;
        readMemory(reader, true);
        break;
      default:
        return;
    }
  }
}

function readMemory(reader: Reader, imported: boolean): MemoryType {
  const flags = reader.byte();
  const min = reader.bigint();
  const max = flags & HAS_MAX ? reader.bigint() : undefined;
  const pageSize = flags & HAS_PAGE_SIZE ? 2 ** reader.number() : 65536;
  return { imported, min, max, pageSize };
}

/** Reads forward; past the end it reads zeros. */
class Reader {
  constructor(readonly bytes: Uint8Array, public at: number) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }

  skip(count: number): void {
    this.at += count;
  }

  number(): number {
    return Number(this.bigint());
  }

  /** An unsigned LEB128 of at most 64 bits. */
  bigint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
}
