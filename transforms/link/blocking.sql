-- Candidate pairs: records that share an identifier, a contact, a site, a name, or something rare in the same place.
-- In:  linkable (see LINKABLE in run.py).  Out: pair (left_id < right_id), token_use, name_use, domain_use,
--      project_use, telling_use; block (what each record has in common with others) and large_block.
-- Blocks larger than the cap say little and would cost their square, so they are left aside; what stands in many has
-- narrower ones beside it (two words, a name's beginning within a kilometre).

-- The town is the commune (an arrondissement's city: see `city_code` in sides.py), or abroad country and town. What
-- has none is somewhere else than all others that bear another name.
CREATE OR REPLACE TEMP TABLE placed AS
SELECT *, coalesce(town, round(latitude, 1) || ',' || round(longitude, 1), 'name ' || name_key) AS place
FROM (SELECT id, source_id, name, name_key, organisation_key, siren, siret, rna, domain, contact_phone,
             contact_email, country,
             latitude, longitude, geo_precision, address_key, departement_code, insee_code,
             CASE WHEN insee_code BETWEEN '75101' AND '75120' THEN '75056'
                  WHEN insee_code BETWEEN '13201' AND '13216' THEN '13055'
                  WHEN insee_code BETWEEN '69381' AND '69389' THEN '69123'
                  ELSE coalesce(insee_code, country || ':' || commune_key) END AS town
      FROM linkable);

-- Places, not records: what one initiative is called says no less when many sources hold it.
CREATE OR REPLACE TEMP TABLE token_use AS
SELECT token, count(DISTINCT place) AS places
FROM (SELECT place, unnest(string_split(name_key, ' ')) AS token FROM placed)
GROUP BY token;

CREATE OR REPLACE TEMP TABLE telling_use AS
SELECT greatest(6, count(DISTINCT place) // 500) AS places FROM placed;

CREATE OR REPLACE TEMP TABLE name_use AS
SELECT name_key, count(DISTINCT town) AS places
FROM placed GROUP BY name_key;

CREATE OR REPLACE TEMP TABLE departement_use AS
SELECT name_key, departement_code, count(DISTINCT town) AS towns
FROM placed WHERE departement_code IS NOT NULL GROUP BY name_key, departement_code;

CREATE OR REPLACE TEMP TABLE domain_use AS
SELECT domain, list(DISTINCT name_key ORDER BY name_key) AS names, count(DISTINCT town) AS towns
FROM placed WHERE domain IS NOT NULL GROUP BY domain;

CREATE OR REPLACE TEMP TABLE project_use AS
SELECT domain, organisation_key, count(DISTINCT name_key) AS projects
FROM placed WHERE domain IS NOT NULL AND NOT contains(' ' || name_key || ' ', ' ' || organisation_key || ' ')
GROUP BY domain, organisation_key;

-- Each record's words by how rare they are: the two or three rarest stand for its name.
CREATE OR REPLACE TEMP TABLE rare_word AS
SELECT id, token, row_number() OVER (PARTITION BY id ORDER BY places, token) AS rank
FROM (SELECT id, unnest(list_distinct(string_split(name_key, ' '))) AS token FROM linkable)
JOIN token_use USING (token)
WHERE length(token) >= 3;

CREATE OR REPLACE TEMP TABLE rare_words AS
SELECT id, CASE WHEN count(*) = 1 THEN min(token) ELSE min(token) || ' ' || max(token) END AS two
FROM rare_word WHERE rank <= 2 GROUP BY id;

CREATE OR REPLACE TEMP TABLE telling_street AS
SELECT id, town, departement_code, name_key, regexp_extract(address_key, '^(\d+)', 1) AS number,
       unnest(list_distinct(string_split(address_key, ' '))) AS word
FROM placed WHERE address_key IS NOT NULL;
DELETE FROM telling_street
WHERE length(word) < 4 OR word IN ('avenue', 'boulevard', 'place', 'route', 'allee', 'chemin');

CREATE OR REPLACE TEMP VIEW block AS
SELECT id, 'siret' AS rule, siret AS value FROM linkable WHERE siret IS NOT NULL
UNION ALL
SELECT id, 'siren', siren FROM linkable WHERE siren IS NOT NULL
UNION ALL
SELECT id, 'rna', rna FROM linkable WHERE rna IS NOT NULL
UNION ALL
SELECT id, 'site', domain FROM linkable WHERE domain IS NOT NULL
UNION ALL
SELECT id, 'telephone', contact_phone FROM linkable WHERE contact_phone IS NOT NULL
UNION ALL
SELECT id, 'e-mail', contact_email FROM linkable WHERE contact_email IS NOT NULL
UNION ALL
SELECT id, 'name', replace(name_key, ' ', '') FROM linkable WHERE length(name_key) >= 4
UNION ALL
SELECT id, 'door and town', number || ' ' || word || '|' || town
FROM telling_street WHERE number <> '' AND town IS NOT NULL
UNION ALL
SELECT id, 'street, town and first word', string_split(name_key, ' ')[1] || ' ' || word || '|' || town
FROM telling_street WHERE length(word) >= 5 AND town IS NOT NULL
UNION ALL
SELECT id, 'door and département, one without a town', number || ' ' || word || '|' || departement_code
FROM telling_street
WHERE number <> '' AND departement_code IN (SELECT departement_code FROM placed WHERE town IS NULL)
UNION ALL
SELECT id, 'name and town', name_key || '|' || town FROM placed WHERE town IS NOT NULL
UNION ALL
SELECT id, 'organisation and town', organisation_key || '|' || town FROM placed
WHERE town IS NOT NULL AND organisation_key IS NOT NULL AND organisation_key <> name_key
UNION ALL
SELECT id, 'rare word and town', token || '|' || town
FROM rare_word JOIN placed USING (id)
WHERE town IS NOT NULL AND (rank <= 2 OR (rank = 3 AND (SELECT count(*) FROM linkable) <= 200000))
UNION ALL
SELECT id, 'two words and département', two || '|' || departement_code
FROM rare_words JOIN placed USING (id) WHERE departement_code IS NOT NULL AND contains(two, ' ')
UNION ALL
SELECT id, 'two words', two FROM rare_words WHERE contains(two, ' ')
UNION ALL
SELECT id, 'first letters and town', left(replace(name_key, ' ', ''), 5) || '|' || town
FROM placed WHERE town IS NOT NULL AND length(name_key) >= 5
UNION ALL
SELECT id, 'initials and town', initials || '|' || town
FROM (SELECT id, town, unnest(list_distinct([
          array_to_string(list_transform(string_split(name_key, ' '), lambda word: word[1]), ''),
          CASE WHEN length(name_key) <= 7 THEN replace(name_key, ' ', '') END])) AS initials
      FROM placed WHERE town IS NOT NULL)
WHERE length(initials) >= 3
UNION ALL
SELECT id, 'first letters within a kilometre', left(replace(name_key, ' ', ''), 4) || '|' || cell
FROM (SELECT id, name_key, unnest([
          floor(latitude * 100) || ' ' || floor(longitude * 70),
          floor(latitude * 100 + 0.5) || '+' || floor(longitude * 70),
          floor(latitude * 100) || '+ ' || floor(longitude * 70 + 0.5),
          floor(latitude * 100 + 0.5) || '+' || floor(longitude * 70 + 0.5) || '+']) AS cell
      FROM placed WHERE latitude IS NOT NULL AND geo_precision IN ('point', 'housenumber', 'street'))
WHERE length(name_key) >= 3
UNION ALL
SELECT id, 'rare word near by, one without a town', token || '|' || cell
FROM (SELECT id, unnest(CASE WHEN town IS NULL THEN [
                floor(latitude * 50 - 0.5) || ' ' || floor(longitude * 35 - 0.5),
                floor(latitude * 50 - 0.5) || ' ' || floor(longitude * 35 + 0.5),
                floor(latitude * 50 + 0.5) || ' ' || floor(longitude * 35 - 0.5),
                floor(latitude * 50 + 0.5) || ' ' || floor(longitude * 35 + 0.5)]
                ELSE [floor(latitude * 50) || ' ' || floor(longitude * 35)] END) AS cell
      FROM placed WHERE latitude IS NOT NULL AND geo_precision IN ('point', 'housenumber', 'street', 'locality'))
JOIN rare_word USING (id) WHERE rank <= 2
UNION ALL
SELECT id, 'very rare word, one without a town', token
FROM rare_word
WHERE length(token) >= 4 AND token IN (
    SELECT token FROM rare_word JOIN placed USING (id) JOIN token_use USING (token) WHERE town IS NULL AND places <= 3);

-- Hashed: the texts of a million records' blocks would not fit the memory.
CREATE OR REPLACE TEMP TABLE hashed_block AS
SELECT hash(rule || '|' || value) AS block, id FROM block;

-- Half of all records of blocks are alone in theirs: they are left aside before anything is listed.
CREATE OR REPLACE TEMP TABLE block_size AS
SELECT block, count(*) AS records FROM hashed_block GROUP BY block HAVING count(*) > 1;

CREATE OR REPLACE TEMP TABLE large_block AS
SELECT block FROM block_size
WHERE records > (SELECT CASE WHEN count(*) > 300000 THEN 30 ELSE 60 END FROM linkable);
DELETE FROM block_size WHERE block IN (SELECT block FROM large_block);

CREATE OR REPLACE TEMP TABLE kept_block AS
SELECT block, list(id) AS ids FROM hashed_block SEMI JOIN block_size USING (block) GROUP BY block;

CREATE OR REPLACE TEMP TABLE pair AS
SELECT DISTINCT left_id, right_id
FROM (SELECT ids, unnest(ids) AS left_id FROM kept_block), unnest(ids) AS other(right_id)
WHERE left_id < right_id;
DROP TABLE kept_block;
DROP TABLE block_size;
DROP TABLE hashed_block;
