// A compressor whose output depends on its input alone. That of Node's zlib differs between versions of Node and between
// processors: what is kept in a stack's state would change with the machine that runs `pulumi up`.

// RFC 1951, 3.2.5: the first length, or distance, of each code; and for how many of them it stands, as bits that follow it.
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5];
const DISTANCE_BITS = [0, 0, ...Array.from({ length: 28 }, (_, index) => index >> 1)];
const LENGTHS = [...firsts(3, LENGTH_BITS), 258];
const DISTANCES = firsts(1, DISTANCE_BITS);
const LONGEST = 258;
const FARTHEST = 32768;

/** How many earlier places are compared: more of them pack little better, and take longer. */
const PLACES = 32;

function firsts(from: number, bits: readonly number[]): number[] {
  let next = from;
  return bits.map((count) => {
    const first = next;
    next += 1 << count;
    return first;
  });
}

const CRC = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** Text as gzip (RFC 1952), without name and time: the same bytes on every machine. */
export function gzip(text: string): Buffer {
  const data = Buffer.from(text);
  let crc = -1;
  for (const byte of data) crc = CRC[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  const end = Buffer.alloc(8);
  end.writeUInt32LE(~crc >>> 0, 0);
  end.writeUInt32LE(data.length, 4);
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]), deflate(data), end]);
}

/** One block with the codes that the RFC fixes (3.2.6): a tenth longer than with codes of its own, and simple. */
function deflate(data: Buffer): Buffer {
  const bits = new Bits();
  bits.put(1, 1); // the last block
  bits.put(1, 2); // fixed codes
  const latest = new Map<number, number>(); // where these three bytes stood last
  const before = new Int32Array(data.length); // and where before that
  const remember = (at: number) => {
    if (at + 2 >= data.length) return;
    const three = data.readUIntLE(at, 3);
    before[at] = latest.get(three) ?? -1;
    latest.set(three, at);
  };
  for (let at = 0; at < data.length; ) {
    remember(at);
    let length = 0;
    let distance = 0;
    let place = at + 2 < data.length ? before[at]! : -1;
    for (let tried = 0; tried < PLACES && place >= 0 && at - place <= FARTHEST; tried++, place = before[place]!) {
      let same = 3;
      while (same < LONGEST && at + same < data.length && data[place + same] === data[at + same]) same++;
      if (same > length) [length, distance] = [same, at - place];
    }
    if (length === 0) {
      bits.symbol(data[at]!);
      at++;
      continue;
    }
    const sized = lastUpTo(LENGTHS, length);
    bits.symbol(257 + sized);
    bits.put(length - LENGTHS[sized]!, LENGTH_BITS[sized] ?? 0);
    const far = lastUpTo(DISTANCES, distance);
    bits.code(far, 5);
    bits.put(distance - DISTANCES[far]!, DISTANCE_BITS[far]!);
    for (const end = at++ + length; at < end; at++) remember(at);
  }
  bits.symbol(256); // the end
  return bits.bytes();
}

function lastUpTo(ascending: readonly number[], value: number): number {
  let index = ascending.length - 1;
  while (ascending[index]! > value) index--;
  return index;
}

/** Bits in bytes, the first one lowest. */
class Bits {
  private readonly full: number[] = [];
  private rest = 0;
  private count = 0;

  put(value: number, count: number): void {
    this.rest |= value << this.count;
    this.count += count;
    for (; this.count >= 8; this.count -= 8) {
      this.full.push(this.rest & 0xff);
      this.rest >>>= 8;
    }
  }

  /** A code of Huffman's, whose highest bit comes first. */
  code(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) this.put((value >> bit) & 1, 1);
  }

  symbol(symbol: number): void {
    if (symbol < 144) this.code(0x30 + symbol, 8);
    else if (symbol < 256) this.code(0x190 + symbol - 144, 9);
    else if (symbol < 280) this.code(symbol - 256, 7);
    else this.code(0xc0 + symbol - 280, 8);
  }

  bytes(): Buffer {
    return Buffer.from(this.count === 0 ? this.full : [...this.full, this.rest]);
  }
}
