// Reading of the data files: everything is gzipped by the release and inflated here, so that any static host will do.

/** Bytes of a file, inflated unless the host has done so already. */
export async function bytesOf(url, options = {}) {
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  const raw = new Uint8Array(await answer.arrayBuffer());
  if (raw[0] !== 0x1f || raw[1] !== 0x8b) return raw;
  const inflated = new Blob([raw]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(inflated).arrayBuffer());
}

export async function textOf(url, options) {
  return new TextDecoder().decode(await bytesOf(url, options));
}

export async function jsonOf(url, options) {
  return JSON.parse(await textOf(url, options));
}

const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array };

/** Arrays by name, from the format that binary.py writes: a header, then planes of bytes. */
export function arraysOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headerLength)));
  const arrays = {};
  let at = 4 + headerLength;
  for (const { name, type, length } of header) {
    const made = new TYPES[type](length);
    const size = made.BYTES_PER_ELEMENT;
    const planes = bytes.subarray(at, at + size * length);
    if (size === 1) made.set(planes);
    else for (let item = 0; item < length; item++) {
      let value = 0;
      for (let plane = size - 1; plane >= 0; plane--) value = (value << 8) | planes[plane * length + item];
      made[item] = value;
    }
    arrays[name] = made;
    at += size * length;
    at += (4 - ((size * length) % 4)) % 4;
  }
  return arrays;
}
