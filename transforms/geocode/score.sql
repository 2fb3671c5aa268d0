-- One score over all candidates of a reading, in log-odds (Fellegi and Sunter, "A Theory for Record
-- Linkage", 1969): evidence adds points, contradiction takes points away. The weights were set by
-- hand and checked on public address files; e^3.6 stands for "none of these".
-- In: reading, candidate. Out: one row a reading and candidate worth looking at.
WITH named AS (
    SELECT id, code, max(name_points) AS name_points, bool_or(kind = 'code') AS by_code,
           coalesce(arg_max(kind, name_points), 'none') AS name_kind
    FROM candidate GROUP BY id, code
), judged AS (
    SELECT named.id, named.code, named.name_kind, named.name_points, reading.insee,
           facts.size_points, facts.departement, facts.region,
           list_contains(facts.postcodes, reading.postcode) AS in_postcode,
           reading.postcode IS NOT NULL AND list_contains(
               coalesce(served.departements, string_split(reading.postcode_departements, ' ')),
               facts.departement) AS in_postcode_departement,
           -- a figure mistyped in a postcode: the right one differs in one place
           NOT in_postcode AND length(list_filter(facts.postcodes, p -> hamming(p, reading.postcode) = 1)) > 0
               AS near_postcode,
           served.departements IS NULL OR reading.cedex AS sorting_office,
           -- overseas, where postcodes are an island's or a town's own and quarters bear names that no list holds, a
           -- postcode of one commune speaks for it, whatever is written, unless that is a commune's name
           in_postcode AND reading.postcode >= '97' AND NOT reading.cedex AND count(*) OVER (PARTITION BY named.id) = 1
               AND named.name_points IS NULL AS alone,
           reading.postcode, reading.mismatch, reading.departement AS stated_departement,
           reading.region AS stated_region
    FROM named JOIN reading USING (id) JOIN commune_facts AS facts USING (code)
    LEFT JOIN postcode_departements AS served USING (postcode)
), scored AS (
    SELECT id, code, name_kind, departement, region, coalesce(in_postcode, FALSE) AS in_postcode, in_postcode_departement,
           departement = stated_departement AS in_departement, region = stated_region AS in_region, size_points,
           CASE WHEN alone THEN 0 ELSE coalesce(name_points, -mismatch) END + size_points
           + CASE WHEN postcode IS NULL THEN 0
                  WHEN in_postcode THEN 5
                  WHEN in_postcode_departement AND near_postcode THEN 3
                  WHEN in_postcode_departement AND sorting_office THEN 2.5
                  WHEN in_postcode_departement THEN 2
                  WHEN near_postcode THEN 0.5
                  ELSE -4 END
           + CASE WHEN stated_departement IS NULL THEN 0 WHEN departement = stated_departement THEN 3 ELSE -4 END
           + CASE WHEN stated_region IS NULL OR stated_departement IS NOT NULL THEN 0
                  WHEN region = stated_region THEN 1.5 ELSE -4 END
           + CASE WHEN insee IS NULL THEN 0 WHEN insee = code THEN 8 ELSE -3 END AS score
    FROM judged
), ranked AS (
    SELECT *, row_number() OVER best AS place, max(score) OVER (PARTITION BY id) AS top
    FROM scored WINDOW best AS (PARTITION BY id ORDER BY score DESC, size_points DESC, code)
), shared AS (
    SELECT *, exp(score - top) / (sum(exp(score - top)) OVER (PARTITION BY id) + exp(3.6 - top)) AS share
    FROM ranked
)
SELECT id, code, share, name_kind, in_postcode, in_postcode_departement,
       coalesce(in_departement, FALSE) AS in_departement, coalesce(in_region, FALSE) AS in_region,
       total, departement_left, region_left
FROM (
    -- the département and the region that all candidates worth naming share, if they do
    SELECT *, sum(share) OVER whole AS total,
           CASE WHEN min(departement) FILTER (share >= 0.02) OVER whole
                   = max(departement) FILTER (share >= 0.02) OVER whole
                THEN min(departement) FILTER (share >= 0.02) OVER whole END AS departement_left,
           CASE WHEN min(region) FILTER (share >= 0.02) OVER whole
                   = max(region) FILTER (share >= 0.02) OVER whole
                THEN min(region) FILTER (share >= 0.02) OVER whole END AS region_left
    FROM shared WINDOW whole AS (PARTITION BY id)
)
WHERE place <= 5 ORDER BY id, place
