-- The communes of a whole table in SQL alone: by postcode and name, by département and name, by a similar name.
-- In: asked (id, postcode, commune), the tables of the gazetteer. Out: placed (id, code, method, confidence).

-- The key of names.place_key for what columns usually hold; what it misses is left to the scorer.
CREATE OR REPLACE TEMP TABLE asked_key AS
SELECT id, postcode, key, trim(regexp_replace(' ' || key || ' ',
           ' (?:(?:le|la|les|l|de|du|des|d|en|et|sur|sous|a|au|aux) )+', ' ', 'g')) AS short
FROM (
    SELECT id, CASE WHEN length(trim(postcode)) = 4 THEN '0' || trim(postcode)
                    ELSE replace(trim(postcode), ' ', '') END AS postcode,
           trim(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
               ' ' || regexp_replace(regexp_replace(regexp_replace(
                   lower(strip_accents(replace(replace(commune, 'œ', 'oe'), 'Œ', 'oe'))),
                   '\bs/s\b', ' sous ', 'g'), '\bs/', ' sur ', 'g'), '[^a-z]+', ' ', 'g') || ' ',
               ' (?:cedex|cdx|er|e|eme|arrondissement) ', ' ', 'g'),
               ' st ', ' saint ', 'g'), ' ste ', ' sainte ', 'g'), ' s ', ' sur ', 'g')) AS key
    FROM asked
);

-- The best name of each row: the official one first, the larger commune where the postcode serves two of a name.
CREATE OR REPLACE TEMP TABLE met AS
SELECT id, arg_max(code, (rank, size_points)) AS code, 'postcode_name' AS method,
       CASE WHEN count(DISTINCT code) FILTER (rank = 3) <= 1 THEN 0.99 ELSE 0.6 END AS confidence
FROM (
    SELECT id, found.code, found.rank FROM asked_key JOIN postcode_names AS found USING (postcode, key)
) JOIN commune_facts USING (code) GROUP BY id;

INSERT INTO met
SELECT id, arg_max(code, (rank, size_points)), 'departement_name',
       CASE WHEN count(DISTINCT code) = 1 THEN 0.9 ELSE 0.6 END
FROM (
    SELECT id, names.code, CASE WHEN names.key = one.key THEN names.rank ELSE names.rank - 1 END AS rank,
           facts.size_points
    FROM (FROM asked_key ANTI JOIN met USING (id)) AS one
    JOIN names USING (short) JOIN commune_facts AS facts USING (code)
    LEFT JOIN postcode_departements AS served ON served.postcode = one.postcode
    WHERE list_contains(served.departements, facts.departement)
       OR (served.postcode IS NULL AND (one.postcode[1:2] = facts.departement OR one.postcode[1:3] = facts.departement
           OR (one.postcode[1:2] = '20' AND facts.departement IN ('2A', '2B'))))
) GROUP BY id;

INSERT INTO met
SELECT id, arg_max(code, likeness), 'postcode_similar', 0.8 * max(likeness)
FROM (
    SELECT id, found.code, CASE WHEN contains(found.short, one.short) OR contains(one.short, found.short) THEN 0.95
                                ELSE jaro_winkler_similarity(one.key, found.key) END AS likeness
    FROM (FROM asked_key ANTI JOIN met USING (id)) AS one JOIN postcode_names AS found USING (postcode)
    WHERE length(one.short) > 3
) WHERE likeness >= 0.9 GROUP BY id;

CREATE OR REPLACE TABLE placed AS
SELECT id, code, coalesce(method, 'none') AS method, coalesce(confidence, 0) AS confidence
FROM asked LEFT JOIN met USING (id)
