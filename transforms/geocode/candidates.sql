-- Candidates of every reading from exact evidence: INSEE code, name with postcode, name, postcode.
-- In: reading, guess (temporary tables). Out: candidate (id, code, name_points, kind).
-- name_points is NULL when the commune did not come from a name. Six points for an official name, less
-- for a postal label or a former name (they often are another commune's): see score.sql for the scale.
CREATE OR REPLACE TEMP TABLE candidate (id INTEGER, code VARCHAR, name_points DOUBLE, kind VARCHAR);

INSERT INTO candidate SELECT id, insee, NULL, 'code' FROM reading WHERE insee IS NOT NULL;

INSERT INTO candidate
SELECT guess.id, found.code, CASE found.rank WHEN 3 THEN 6 WHEN 2 THEN 4 ELSE 3.5 END - guess.penalty, 'exact'
FROM guess JOIN reading USING (id)
JOIN postcode_names AS found ON found.postcode = reading.postcode AND found.key = guess.key;

-- Where postcode and name agree nothing else can win, and the wider joins are spared.
CREATE OR REPLACE TEMP TABLE open_reading AS
FROM reading ANTI JOIN (SELECT id FROM candidate WHERE kind = 'exact') AS settled USING (id);

INSERT INTO candidate
SELECT guess.id, names.code, 3 + names.rank - guess.penalty, 'exact'
FROM guess SEMI JOIN open_reading USING (id) JOIN names USING (key);

INSERT INTO candidate
SELECT guess.id, names.code, 2.4 + names.rank - guess.penalty, 'exact'
FROM guess SEMI JOIN open_reading USING (id) JOIN names ON names.short = guess.short AND names.key <> guess.key;

INSERT INTO candidate
SELECT id, code, NULL, 'postcode' FROM open_reading JOIN postcode_communes USING (postcode);
