// What tools/kept_generators.py packed: bytes as characters, weights as float16.

const BITS = 15; // of a character
const FIRST = 0x3000;

// {bytes, text} as a Uint8Array.
export function unpacked({bytes, text}) {
  const found = new Uint8Array(bytes);
  let held = 0, bits = 0, at = 0;
  for (let i = 0; i < text.length; i++) {
    held = (held << BITS) | (text.charCodeAt(i) - FIRST);
    for (bits += BITS; bits >= 8 && at < bytes; at++) {
      bits -= 8;
      found[at] = held >>> bits;
    }
    held &= (1 << bits) - 1;
  }
  return found;
}

// float16, the low byte first, as numbers
export function halves(bytes) {
  const found = new Float32Array(bytes.length / 2);
  for (let i = 0; i < found.length; i++) {
    const half = bytes[2 * i] | (bytes[2 * i + 1] << 8), power = (half >> 10) & 31, fraction = half & 1023;
    const size = power ? (1024 + fraction) * 2 ** (power - 25) : fraction * 2 ** -24;
    found[i] = half >> 15 ? -size : size;
  }
  return found;
}
