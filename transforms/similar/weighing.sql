-- Terms to weights: (1 + ln count) x ln(all / those that have it) x the factor of its kind, over the damped length, in
-- thousandths. The remainder of a term by four is its kind: 0 a word, 1 a concept, 2 a theme.
CREATE OR REPLACE TEMP TABLE weight AS
WITH rarity AS (
    SELECT term, ln((SELECT count(*) FROM idea) * 1.0 / count(*)) AS idf FROM posting
    GROUP BY term HAVING count(*) > 1
), raw AS (
    SELECT id, term, form,
        (1000 * (1 + ln(abs(count))) * CASE term % 4 WHEN 0 THEN $words WHEN 1 THEN $concepts
            ELSE CASE WHEN count < 0 THEN $guessed ELSE $themes END END * idf)::BIGINT AS parts
    FROM posting JOIN rarity USING (term) WHERE idf > 0
), length AS (
    SELECT id, sqrt(sum(parts * parts) + (1000 * $damping * ln((SELECT count(*) FROM idea))) ** 2) AS length FROM raw GROUP BY id
)
SELECT id, term, form, (1000 * parts / length)::INTEGER AS weight FROM raw JOIN length USING (id)
WHERE (1000 * parts / length)::INTEGER > 0
ORDER BY id, term;
DROP TABLE posting
