-- What each candidate pair has in common, as numbers: one row a pair, NULL where one of the two does not tell.
-- In:  pair, placed, rare_word, token_use, linkable (see blocking.sql).
-- Out: trait (one row a record); compared.sql reads it.
-- Weights of words are whole numbers (16 to a natural logarithm), so that no order of adding can change a score.

CREATE OR REPLACE TEMP TABLE word_weight AS
SELECT token, row_number() OVER (ORDER BY token) AS number,
       greatest(1, round(16 * ln((SELECT count(*) FROM linkable) / count(*))))::BIGINT AS weight
FROM (SELECT DISTINCT id, unnest(string_split(name_key, ' ')) AS token FROM linkable) GROUP BY token;

-- Words of a name as number * 4096 + weight: what two lists share is one intersection.
CREATE OR REPLACE TEMP TABLE name_words AS
SELECT id, list(number * 4096 + weight) AS words, sum(weight)::BIGINT AS weight
FROM (SELECT DISTINCT id, unnest(string_split(name_key, ' ')) AS token FROM linkable)
JOIN word_weight USING (token) GROUP BY id;

CREATE OR REPLACE TEMP TABLE trait AS
WITH told AS (
    SELECT *, replace(name_key, ' ', '') AS joined,
           regexp_extract(address_key, '^(\d+)', 1) AS number,
           trim(regexp_replace(regexp_replace(address_key, '(\b\d{5}\b|\bbp\b|\bcs\b|\bcedex\b).*$', ''),
               '^\d* *((bis|ter|b|t) )?((rue|r|avenue|av|ave|boulevard|bd|bld|place|pl|chemin|che|ch|route|rte|allee|all|impasse|imp|quai|cours) )?', '')) AS street
    FROM placed)
SELECT id, source_id, name_key, joined, list_sort(string_split(name_key, ' ')).array_to_string('') AS sorted,
       array_to_string(list_transform(string_split(name_key, ' '), lambda word: word[1]), '') AS initials,
       regexp_extract_all(name_key, '\d+') AS numbers, organisation_key,
       words, weight, namesakes,
       regexp_matches(strip_accents(lower(name)), '\b(a|at|au|aux|avec|bei|beim|chez|dans|im|inside|with)\b') AS inside,
       siren, siret, rna, domain, contact_phone, contact_email,
       domain_records,
       phone_records,
       nullif(number, '') AS number, nullif(street, '') AS street,
       town, insee_code, departement_code, country, townsmen,
       CASE WHEN geo_precision IN ('point', 'housenumber', 'street', 'locality', 'commune') THEN latitude END
           AS latitude,
       longitude, geo_precision IN ('point', 'housenumber') AS exact
FROM told JOIN name_words USING (id)
JOIN (SELECT joined, count(*) AS namesakes FROM told GROUP BY joined) USING (joined)
LEFT JOIN (SELECT domain, count(*) AS domain_records FROM told GROUP BY domain) USING (domain)
LEFT JOIN (SELECT contact_phone, count(*) AS phone_records FROM told GROUP BY contact_phone) USING (contact_phone)
LEFT JOIN (SELECT town, count(*) AS townsmen FROM told GROUP BY town) USING (town);
