// The inverted index: shards of words by their first letters, fetched as words are typed.

import { bytesOf } from "./binary.js";
import { fold, shard, stems, STOP_WORDS } from "./fold.js";

const EXACT_TITLE = 6, TITLE = 4, EXACT_TEXT = 2, TEXT = 1;

class Shard {
  constructor(bytes) {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    this.words = header.words;
    this.counts = header.counts;
    this.body = bytes.subarray(4 + length);
    this.starts = new Uint32Array(this.words.length);
    this.decoded = new Map();
    let at = 0;
    for (let word = 0; word < this.words.length; word++) {
      this.starts[word] = at;
      for (let left = this.counts[word]; left > 0; at++) if (this.body[at] < 128) left--;
    }
  }

  /** Postings of a word: row numbers doubled, plus one where the word is in the title. */
  postings(word) {
    let found = this.decoded.get(word);
    if (found) return found;
    found = new Uint32Array(this.counts[word]);
    let at = this.starts[word], row = 0;
    for (let item = 0; item < found.length; item++) {
      let number = 0, shift = 0, byte;
      do {
        byte = this.body[at++];
        number |= (byte & 127) << shift;
        shift += 7;
      } while (byte > 127);
      row += number >>> 1;
      found[item] = row * 2 + (number & 1);
    }
    this.decoded.set(word, found);
    return found;
  }

  /** First and one past the last of the words that begin with `prefix`. */
  range(prefix) {
    let low = 0, high = this.words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.words[middle] < prefix) low = middle + 1; else high = middle;
    }
    let end = low;
    while (end < this.words.length && this.words[end].startsWith(prefix)) end++;
    return [low, end];
  }
}

export class TextIndex {
  constructor(base, names, count) {
    this.base = base;
    this.names = names;
    this.shards = new Map();
    this.total = new Uint16Array(count);
    this.best = new Uint8Array(count);
  }

  /** Words of a question that are looked up: folded, with what they are looked up by. */
  asked(question) {
    const all = fold(question).split(" ").filter((word) => word.length > 1);
    const useful = all.filter((word) => !STOP_WORDS.has(word));
    // The last word may be the beginning of another one: "la" on the way to "laverie".
    return (useful.length ? useful : all).map((word) => ({ word, stems: stems(word) }));
  }

  needed(prefix) {
    const head = shard(prefix);
    const third = prefix.length > 2 ? (/[a-z0-9]/.test(prefix[2]) ? prefix[2] : "_") : "";
    return this.names.filter((name) => name === head || (name.length === 3 && head !== "other" &&
      name.startsWith(head) && (!third || name[2] === third)));
  }

  load(name) {
    if (!this.shards.has(name)) {
      const shard = bytesOf(`${this.base}ix/${name}.bin.gz`).then((bytes) => new Shard(bytes));
      // What failed (the network went) is tried again when it is asked for again.
      shard.catch(() => this.shards.delete(name));
      this.shards.set(name, shard);
    }
    return this.shards.get(name);
  }

  /** Shards that a question needs, fetched: then `score` answers at once. */
  async prepare(question) {
    const asked = this.asked(question);
    const names = new Set(asked.flatMap(({ stems }) => stems.flatMap((stem) => this.needed(stem))));
    const loaded = new Map(await Promise.all([...names].map(async (name) => [name, await this.load(name)])));
    return asked.map(({ word, stems }) => ({
      word, stems, shards: stems.map((stem) => this.needed(stem).map((name) => loaded.get(name))),
    }));
  }

  /** Score of every row, 0 where a word is missing; and what else the missing words may have meant. */
  score(prepared) {
    const { total, best } = this;
    total.fill(0);
    const instead = [];
    prepared.forEach(({ word, stems, shards }, position) => {
      best.fill(0);
      let found = 0;
      stems.forEach((stem, alternative) => shards[alternative].forEach((shard) => {
        const [from, to] = shard.range(stem);
        for (let number = from; number < to; number++) {
          const exact = shard.words[number] === word || shard.words[number] === stem;
          const inTitle = exact ? EXACT_TITLE : TITLE, inText = exact ? EXACT_TEXT : TEXT;
          const postings = shard.postings(number);
          for (let item = 0; item < postings.length; item++) {
            const row = postings[item] >>> 1;
            const value = postings[item] & 1 ? inTitle : inText;
            if (value > best[row]) best[row] = value;
          }
        }
        found += to - from;
      }));
      if (!found) instead.push([word, nearest(word, shards.flat())]);
      if (position === 0) for (let row = 0; row < total.length; row++) total[row] = best[row];
      else for (let row = 0; row < total.length; row++) total[row] = total[row] && best[row] ? total[row] + best[row] : 0;
    });
    return { total, instead: instead.filter(([, other]) => other) };
  }
}

/** The commonest word one slip away from `word`, two from a long one; null where there is none. */
function nearest(word, shards) {
  const allowed = word.length > 7 ? 2 : 1;
  let best = null, most = 0;
  if (word.length < 4) return null;
  for (const shard of shards) {
    shard.words.forEach((other, number) => {
      if (Math.abs(other.length - word.length) > allowed || shard.counts[number] <= most) return;
      if (slips(word, other, allowed) <= allowed) [best, most] = [other, shard.counts[number]];
    });
  }
  return best;
}

/** Levenshtein distance with neighbouring letters swapped as one slip; stops above `most`. */
export function slips(a, b, most) {
  let before = null, previous = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    if (Math.min(...row) > most) return most + 1;
    [before, previous] = [previous, row];
  }
  return previous[b.length];
}
