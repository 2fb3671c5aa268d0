// Text as the explorer compares it: the same as in folding.py; both are held to folding-vectors.json by tests.

const LIGATURES = { œ: "oe", æ: "ae", ß: "ss", ø: "o", ł: "l", đ: "d", ı: "i", þ: "th", ð: "d" };

export const STOP_WORDS = new Set((
  "au aux avec ce ces cet cette dans de des du elle elles en et eux il ils je la le les leur leurs lui ma mais me mes " +
  "mon ne nos notre nous on ou par pas pour qu que qui sa se ses son sont sur ta te tes toi ton tu un une vos votre " +
  "vous est ainsi afin plus the and of for in to with is are an at by from on or").split(" "));

const LONGEST_WORD = 30;

export function fold(text) {
  return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "")
    .replace(/[œæßøłđıþð]/g, (sign) => LIGATURES[sign])
    .replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

export function words(text) {
  return fold(text).split(" ").filter((word) => [...word].length > 1 && !STOP_WORDS.has(word))
    .map((word) => [...word].slice(0, LONGEST_WORD).join(""));
}

// Words that say what kind of body bears a name, not whose name it is.
const BODIES = new Set("asso assoc association asbl scic scop sas sarl sa cooperative entreprise fondation groupe collectif".split(" "));

/** Whether a text says anything that the name beside it does not. */
export function adds(text, name) {
  const there = new Set(words(name));
  const joined = fold(name).replaceAll(" ", "");
  return Boolean(text) && words(text).some((word) => !there.has(word) && !BODIES.has(word)) && fold(text).replaceAll(" ", "") !== joined;
}

export function stems(word) {
  if (word.length > 4 && word.endsWith("aux")) return [`${word.slice(0, -3)}al`, word.slice(0, -1)];
  if (word.length > 4 && word.endsWith("al")) return [word, `${word.slice(0, -1)}ux`];
  if (word.length > 5 && word.endsWith("es")) return [word.slice(0, -2)];
  if (word.length > 4 && /[sxe]$/.test(word)) return [word.slice(0, -1)];
  if (word.length === 4 && /[sx]$/.test(word)) return [word.slice(0, -1)];
  return [word];
}

export function shard(word) {
  const head = word.slice(0, 2);
  return /^[a-z0-9]{2}$/.test(head) ? head : "other";
}
