// Why records are one, why initiatives are alike, what speaks against a place: the data says it in English, from a small
// set of phrases. In another language they are said anew phrase by phrase; what is not known stays as it is.

import { current, label } from "./i18n.js";

const PHRASES = [
  [/point is ([\d.]+) km from (?:the stated commune )?(.+?), outside France$/, "far-abroad"],
  [/point is ([\d.]+) km from (.+), in (\w\w) near (.+)$/, "far-near"],
  [/point is ([\d.]+) km from (?:the stated commune )?(.+?), in (.+)$/, "far-in"],
  [/point is ([\d.]+) km from (?:the stated commune )?(.+)$/, "far"],
  [/point is in (\w\w) near (.+), outside the stated country (\w\w)/, "country"],
  [/point is in (.+), outside the stated département (\w+)/, "outside"],
  [/point is in (.+), which the written place does not point to/, "elsewhere"],
  [/names (\d+)% alike at the same door/, "names-door"],
  [/names (\d+)% alike in the same street/, "names-street"],
  [/names (\d+)% alike/, "names"],
  [/one name is in the other, at the same door/, "inside-door"],
  [/one name is in the other, in the same street/, "inside-street"],
  [/the initials of the other's name, same site/, "initials-site"],
  [/the initials of the other's name, same telephone/, "initials-telephone"],
  [/^same site ([^\s,]+)/, "site"],
  [/^same (SIREN|SIRET|RNA)\b/, "number"],
  [/same telling name/, "telling"],
  [/a telling word in both names/, "word"],
  [/borne by the other/, "borne"],
  [/the place of one unknown|place unknown/, "unplaced"],
  [/same commune/, "commune"],
  [/same département/, "departement"],
  [/([\d.]+) km apart/, "apart"],
  [/the same public body, of which a commune has one/, "body"],
  [/same name in one commune, nothing speaks against it/, "alone"],
  [/same name in the département, where one town has it/, "town"],
  [/the source lists it twice: same name, same place/, "twice-there"],
  [/the source lists it twice/, "twice"],
  [/one source tells its own records apart/, "own"],
  [/, and together with what else agrees that is enough/, "together"],
  [/one happens at the other/, "hosted"],
];

/** By language: what phrases are in it (`{0}` and `{1}` are what a phrase holds), and the ideas of transforms/similar/concepts.toml. */
export const WORDS = {
  fr: {
    phrases: {
      "far-abroad": "point hors de France, à {0} km du lieu déclaré, {1}", "far-in": "point à {2}, à {0} km du lieu déclaré, {1}",
      far: "point à {0} km du lieu déclaré, {1}", outside: "point à {0}, hors du département déclaré, {1}",
      "far-near": "point près de {3} ({2}), à {0} km du lieu déclaré, {1}", country: "point près de {1} ({0}), hors du pays déclaré, {2}",
      elsewhere: "point à {0}, que le lieu écrit ne désigne pas", names: "noms semblables à {0} %",
      "names-door": "noms semblables à {0} %, à la même porte", "names-street": "noms semblables à {0} %, dans la même rue",
      "inside-door": "un nom contient l'autre, à la même porte", "inside-street": "un nom contient l'autre, dans la même rue",
      site: "même site {0}", number: "même {0}", telling: "même nom distinctif", word: "un mot distinctif dans les deux noms",
      "initials-site": "les initiales du nom de l'autre, même site",
      "initials-telephone": "les initiales du nom de l'autre, même téléphone",
      borne: "portée par l'autre", unplaced: "lieu inconnu pour l'une", commune: "même commune", departement: "même département",
      apart: "à {0} km l'une de l'autre", body: "le même organisme public, dont une commune n'a qu'un",
      alone: "même nom dans une commune, rien ne s'y oppose", town: "même nom dans le département, où une seule ville l'a",
      "twice-there": "la source la cite deux fois : même nom, même lieu", twice: "la source la cite deux fois",
      own: "une source distingue ses propres fiches", together: ", et avec ce qui s'accorde par ailleurs cela suffit",
      hosted: "l'une se tient chez l'autre",
    },
    kinds: {
      ideas: "idées :", words: "mots :", themes: "thèmes :",
    },
    ideas: {
      accessibility: "accessibilité", addiction: "addictions", agroecology: "agroécologie", animals: "animaux",
      "archives-memory": "archives et mémoire", bees: "abeilles", bikes: "vélos", biodiversity: "biodiversité", books: "livres",
      "bulk-shop": "vrac", caregivers: "aidants", "car-sharing": "autopartage et covoiturage", childcare: "garde d'enfants",
      "citizen-debate": "débat citoyen", citizenship: "citoyenneté", "cleaning-nature": "nettoyage de la nature", clothing: "vêtements",
      "coaching-jobseekers": "accompagnement vers l'emploi", commons: "communs", "community-cafe": "café associatif",
      "community-land": "foncier partagé", composting: "compost", "computers-reuse": "réemploi informatique",
      "consumer-coop": "coopérative de consommateurs", cooperative: "coopérative", coworking: "coworking", crafts: "artisanat",
      crowdfunding: "financement participatif", "cultural-venue": "lieu culturel", data: "données", "digital-help": "aide au numérique",
      disability: "handicap", discrimination: "discriminations", "domestic-violence": "violences conjugales",
      "drama-arts-therapy": "théâtre et art-thérapie", "education-support": "soutien scolaire", elderly: "personnes âgées",
      "energy-citizen": "énergie citoyenne", "energy-saving": "économies d'énergie", entrepreneurship: "entrepreneuriat",
      "environment-education": "éducation à l'environnement", "ethical-finance": "finance éthique",
      "exchange-services": "échanges et entraide", "fab-lab": "fablab", "fair-trade": "commerce équitable",
      "family-parenting": "famille et parentalité", farming: "agriculture", "finance-solidarity": "finance solidaire",
      "food-aid": "aide alimentaire", "food-waste": "gaspillage alimentaire", forest: "forêt", "funding-philanthropy": "mécénat",
      gardens: "jardins", "gender-equality": "égalité femmes-hommes", "gleaning-harvest": "glanage", governance: "gouvernance",
      "health-access": "accès aux soins", "health-mental": "santé mentale", homeless: "sans-abri",
      "household-objects": "objets du quotidien", housing: "logement", "housing-coop": "habitat coopératif", hygiene: "hygiène",
      "information-media": "information et médias", intergenerational: "intergénérationnel", isolation: "isolement",
      "justice-rights": "justice et droits", "kitchen-cooking": "cuisine", "language-learning": "apprentissage des langues",
      "leisure-sport": "loisirs et sport", "local-food": "alimentation locale", "maker-repair": "réparation",
      "materials-reuse": "réemploi de matériaux", "mediation-neighbourhood": "médiation de quartier", migrants: "personnes migrantes",
      "mobile-service": "service itinérant", mobility: "mobilité", neighbourhood: "quartier", "open-source": "logiciel libre",
      "outdoor-play": "jeu en plein air", "palliative-death": "fin de vie", "participation-budget": "budget participatif",
      "pedestrian-school": "pédibus", "pollution-air-water": "pollution de l'air et de l'eau", poverty: "pauvreté", prison: "prison",
      "refill-deposit": "consigne", "rural-services": "services en milieu rural", science: "sciences", seeds: "semences",
      "shared-living-elderly": "habitat partagé des aînés", "social-shop-solidarity": "commerce solidaire",
      "sustainable-tourism": "tourisme durable", "transition-town": "ville en transition", training: "formation", volunteers: "bénévolat",
      waste: "déchets", "work-integration": "insertion par l'activité", "young-people": "jeunes", children: "enfants",
      students: "étudiants", school: "école",
    },
  },
};

/** Evidence in the reader's language. */
export function evidence(text) {
  const said = WORDS[current()]?.phrases;
  if (!said || !text) return text;
  return PHRASES.reduce((so, [phrase, key]) => so.replace(phrase, (_, ...found) =>
    said[key].replace(/\{(\d)\}/g, (_, at) => String(found[at]).replace(/^(\d+)\.(\d+)$/, "$1,$2"))), text);
}

/** What two initiatives share ("ideas: …; words: …; themes: …") in the reader's language; `themes` are the head's. */
export function shared(text, themes) {
  const said = WORDS[current()];
  if (!said || !text) return text;
  const labels = new Map(themes.map((theme) => [theme.en, label(theme)]));
  const item = {
    ideas: (one) => said.ideas[one.replaceAll(" ", "-")] ?? one, themes: (one) => labels.get(one) ?? one, words: (one) => one,
  };
  return text.split("; ").map((part) => {
    const [, kind, rest] = /^(ideas|words|themes): (.*)$/s.exec(part) ?? [];
    return kind ? `${said.kinds[kind]} ${rest.split(", ").map(item[kind]).join(", ")}` : part;
  }).join(" ; ");
}
