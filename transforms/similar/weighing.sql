-- Terms to weights: (1 + ln count) x ln(all / those that have it) x the factor of its kind, over the damped length, in
-- thousandths. A guessed theme ("g:") meets a stated one ("t:") as the same term.
CREATE OR REPLACE TEMP TABLE weight AS
WITH told AS (
    SELECT id, CASE WHEN term[1] = 'g' THEN 't' || term[2:] ELSE term END AS term, form,
        (1 + ln(count)) * CASE term[1] WHEN 'w' THEN $words WHEN 'c' THEN $concepts WHEN 'g' THEN $guessed
            ELSE $themes END AS said
    FROM posting
), once AS (
    SELECT id, term, min(form) AS form, max(said) AS said FROM told GROUP BY id, term
), rarity AS (
    SELECT term, ln((SELECT count(*) FROM idea) * 1.0 / count(*)) AS idf, count(*) AS had FROM once GROUP BY term
), raw AS (
    SELECT id, term, form, (1000 * said * idf)::BIGINT AS parts FROM once JOIN rarity USING (term)
    WHERE had > 1 AND idf > 0
), length AS (
    SELECT id, sqrt(sum(parts * parts) + (1000 * $damping * ln((SELECT count(*) FROM idea))) ** 2) AS length FROM raw GROUP BY id
)
SELECT id, term, form, (1000 * parts / length)::INTEGER AS weight FROM raw JOIN length USING (id)
WHERE (1000 * parts / length)::INTEGER > 0
ORDER BY id, term
