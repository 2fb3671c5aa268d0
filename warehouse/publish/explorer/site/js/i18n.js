// Languages: one dictionary file each (i18n/<language>.json), numbers, dates and country names by the browser.

export const LANGUAGES = ["fr", "en"];

let words = {};
let language = "fr";
let numbers = new Intl.NumberFormat("fr");
let countries = null;

export async function useLanguage(wanted) {
  language = LANGUAGES.includes(wanted) ? wanted : "fr";
  const answer = await fetch(`i18n/${language}.json`);
  if (!answer.ok) throw new Error(`${answer.status} i18n/${language}.json`);
  words = await answer.json();
  numbers = new Intl.NumberFormat(language);
  countries = new Intl.DisplayNames([language], { type: "region" });
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  }
  for (const element of document.querySelectorAll("[data-t-placeholder]")) {
    element.setAttribute("placeholder", t(element.dataset.tPlaceholder));
  }
}

export const current = () => language;

/** The first language that the reader asked for: in the address, before, or in the browser. */
export function preferred(fromAddress) {
  let before = null;
  try { before = localStorage.getItem("essaim-language"); } catch { /* storage may be closed to us; then we ask again */ }
  if (LANGUAGES.includes(fromAddress)) return fromAddress;
  if (LANGUAGES.includes(before)) return before;
  return (navigator.languages ?? [navigator.language]).some((one) => one.startsWith("fr")) ? "fr" : "en";
}

/** Words of the page; `{name}` is filled in, and `n` chooses between `one` and `other`. */
export function t(key, values = {}) {
  let found = words[key];
  if (found === undefined) return key;
  if (typeof found === "object") found = new Intl.PluralRules(language).select(values.n) === "one" ? found.one : found.other;
  return found.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? number(values[name]) : values[name] ?? ""));
}

export const number = (value) => numbers.format(value);

/** Label of a facet value in the reader's language; a programme is its own label. */
export const label = (value) => value?.[language] ?? value?.code ?? "";

export function countryName(code) {
  try {
    return code ? countries.of(code) : "";
  } catch {
    return code;
  }
}

/** A date as written in the data (YYYY, YYYY-MM or YYYY-MM-DD), in words. */
export function dateText(text) {
  const parts = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/.exec(text ?? "");
  if (!parts) return text ?? "";
  const [, year, month, day] = parts;
  const options = { year: "numeric", timeZone: "UTC", ...(month && { month: "long" }), ...(day && { day: "numeric" }) };
  return new Intl.DateTimeFormat(language, options).format(new Date(Date.UTC(+year, (month ?? 1) - 1, day ?? 1)));
}

export function distanceText(metres) {
  if (metres === null || metres >= 1e8) return "";
  if (metres < 1000) return `${number(Math.round(metres / 10) * 10)} m`;
  return `${number(metres < 10000 ? Math.round(metres / 100) / 10 : Math.round(metres / 1000))} km`;
}
