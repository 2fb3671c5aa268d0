// Ids of rows. Minted ones ("es-" and 13 letters) are 65 random bits each, kept as bits and read where they are asked for.

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

export class PackedIds {
  constructor(bytes, count) {
    this.bytes = bytes;
    this.count = count;
  }

  at(row) {
    let id = "es-";
    for (let letter = 0; letter < 13; letter++) id += LETTERS[this.five(row * 65 + letter * 5)];
    return id;
  }

  /** Five bits from a bit on. */
  five(bit) {
    const byte = Math.floor(bit / 8), word = (this.bytes[byte] << 8) | (this.bytes[byte + 1] ?? 0);
    return (word >> (11 - (bit % 8))) & 31;
  }

  indexOf(id) {
    if (!/^es-[a-z2-7]{13}$/.test(id)) return -1;
    const wanted = Array.from(id.slice(3), (letter) => LETTERS.indexOf(letter));
    for (let row = 0; row < this.count; row++) {
      let letter = 0;
      while (letter < 13 && this.five(row * 65 + letter * 5) === wanted[letter]) letter++;
      if (letter === 13) return row;
    }
    return -1;
  }
}

export class PlainIds {
  constructor(lines) {
    this.lines = lines;
  }

  at(row) {
    return this.lines[row];
  }

  indexOf(id) {
    return this.lines.indexOf(id);
  }
}
