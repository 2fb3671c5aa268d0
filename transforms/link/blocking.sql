-- Candidate pairs: records that share an identifier, a site, a name, or a rare word in the same town.
-- In:  linkable (see LINKABLE in run.py).  Out: pair (left_id < right_id), token_use, name_use, domain_use,
--      project_use, telling_use.
-- Blocks larger than the cap say little and would cost their square, so they are left aside.

-- The town is the commune (an arrondissement's city: see `city_code` in sides.py), or abroad country and town. What
-- has none is somewhere else than all others that bear another name.
CREATE OR REPLACE TEMP TABLE placed AS
SELECT *, coalesce(town, round(latitude, 1) || ',' || round(longitude, 1), 'name ' || name_key) AS place
FROM (SELECT id, name_key, organisation_key, domain, country, latitude, longitude, address_key, departement_code,
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

CREATE OR REPLACE TEMP TABLE block AS
SELECT id, 'siret' AS rule, siret AS value FROM linkable WHERE siret IS NOT NULL
UNION ALL
SELECT id, 'siren', siren FROM linkable WHERE siren IS NOT NULL
UNION ALL
SELECT id, 'rna', rna FROM linkable WHERE rna IS NOT NULL
UNION ALL
SELECT id, 'site', domain FROM linkable WHERE domain IS NOT NULL
UNION ALL
SELECT id, 'name', replace(name_key, ' ', '') FROM linkable WHERE length(name_key) >= 4
UNION ALL
SELECT id, 'door and town', number || ' ' || word || '|' || town
FROM (SELECT id, town, regexp_extract(address_key, '^(\d+)', 1) AS number,
             unnest(list_distinct(string_split(address_key, ' '))) AS word FROM placed WHERE town IS NOT NULL)
WHERE number <> '' AND length(word) >= 4 AND word NOT IN ('avenue', 'boulevard', 'place', 'route', 'allee', 'chemin')
UNION ALL
SELECT id, 'street, town and first word', string_split(name_key, ' ')[1] || ' ' || word || '|' || town
FROM (SELECT id, town, name_key, unnest(list_distinct(string_split(address_key, ' '))) AS word
      FROM placed WHERE town IS NOT NULL)
WHERE length(word) >= 5 AND word NOT IN ('avenue', 'boulevard', 'place', 'route', 'allee', 'chemin')
UNION ALL
SELECT id, 'door and département, one without a town', number || ' ' || word || '|' || departement_code
FROM (SELECT id, departement_code, regexp_extract(address_key, '^(\d+)', 1) AS number,
             unnest(list_distinct(string_split(address_key, ' '))) AS word FROM placed
      WHERE departement_code IN (SELECT departement_code FROM placed WHERE town IS NULL))
WHERE number <> '' AND length(word) >= 4 AND word NOT IN ('avenue', 'boulevard', 'place', 'route', 'allee', 'chemin')
UNION ALL
SELECT id, 'name and town', name_key || '|' || town FROM placed WHERE town IS NOT NULL
UNION ALL
SELECT id, 'organisation and town', organisation_key || '|' || town FROM placed
WHERE town IS NOT NULL AND organisation_key IS NOT NULL AND organisation_key <> name_key
UNION ALL
SELECT id, 'rare word and town', token || '|' || town
FROM (SELECT id, town, unnest(list_distinct(string_split(name_key, ' '))) AS token FROM placed WHERE town IS NOT NULL)
JOIN token_use USING (token)
WHERE places <= greatest(20, (SELECT count(*) FROM linkable) / 500) AND length(token) >= 4
UNION ALL
SELECT id, 'very rare word, one without a town', token
FROM (SELECT id, unnest(list_distinct(string_split(name_key, ' '))) AS token FROM placed)
WHERE length(token) >= 4 AND token IN (
    SELECT token FROM (SELECT unnest(string_split(name_key, ' ')) AS token FROM placed WHERE town IS NULL)
    JOIN token_use USING (token) WHERE places <= 3);

CREATE OR REPLACE TEMP TABLE kept_block AS
SELECT rule, value FROM block GROUP BY rule, value
HAVING count(DISTINCT id) BETWEEN 2 AND 60;

CREATE OR REPLACE TEMP TABLE pair AS
SELECT DISTINCT l.id AS left_id, r.id AS right_id
FROM block l
JOIN kept_block USING (rule, value)
JOIN block r USING (rule, value)
WHERE l.id < r.id;
