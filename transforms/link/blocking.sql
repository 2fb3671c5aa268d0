-- Candidate pairs: records that share an identifier, a site, a name, or a rare word in the same commune.
-- In:  linkable (see LINKABLE in run.py).  Out: pair (left_id < right_id), token_use, name_use.
-- Blocks larger than the cap say little and would cost their square, so they are left aside.

CREATE OR REPLACE TEMP TABLE token_use AS
SELECT token, count(DISTINCT id) AS records
FROM (SELECT id, unnest(string_split(name_key, ' ')) AS token FROM linkable)
GROUP BY token;

CREATE OR REPLACE TEMP TABLE name_use AS
SELECT name_key, count(DISTINCT coalesce(insee_code, country)) AS places
FROM linkable GROUP BY name_key;

CREATE OR REPLACE TEMP TABLE domain_use AS
SELECT domain, count(DISTINCT name_key) AS names FROM linkable WHERE domain IS NOT NULL GROUP BY domain;

CREATE OR REPLACE TEMP TABLE block AS
SELECT id, 'siret' AS rule, siret AS value FROM linkable WHERE siret IS NOT NULL
UNION ALL
SELECT id, 'siren', siren FROM linkable WHERE siren IS NOT NULL
UNION ALL
SELECT id, 'rna', rna FROM linkable WHERE rna IS NOT NULL
UNION ALL
SELECT id, 'site', domain FROM linkable WHERE domain IS NOT NULL
UNION ALL
SELECT id, 'name', name_key FROM linkable WHERE length(name_key) >= 4
UNION ALL
SELECT id, 'name and commune', name_key || '|' || insee_code FROM linkable WHERE insee_code IS NOT NULL
UNION ALL
SELECT id, 'organisation and commune', organisation_key || '|' || insee_code FROM linkable
WHERE insee_code IS NOT NULL AND organisation_key IS NOT NULL AND organisation_key <> name_key
UNION ALL
SELECT id, 'rare word and commune', token || '|' || insee_code
FROM (SELECT id, insee_code, unnest(list_distinct(string_split(name_key, ' '))) AS token FROM linkable
      WHERE insee_code IS NOT NULL)
JOIN token_use USING (token)
WHERE records <= greatest(20, (SELECT count(*) FROM linkable) / 500) AND length(token) >= 4;

CREATE OR REPLACE TEMP TABLE kept_block AS
SELECT rule, value FROM block GROUP BY rule, value
HAVING count(DISTINCT id) BETWEEN 2 AND 60;

CREATE OR REPLACE TEMP TABLE pair AS
SELECT DISTINCT l.id AS left_id, r.id AS right_id
FROM block l
JOIN kept_block USING (rule, value)
JOIN block r USING (rule, value)
WHERE l.id < r.id;
