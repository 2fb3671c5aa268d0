-- The numbers that the terms of model.tsv are made of, one row for each pair of the table `pair`; NULL where one of
-- the two does not tell. Needs trait and linkable (see features.sql).
-- Within a source only what it may list twice is compared (see `repeated` in evidence.py): half of all pairs are not,
-- and are left out before their traits, which are many, are brought together.
WITH asked AS MATERIALIZED (
    SELECT left_id, right_id
    FROM pair
    JOIN (SELECT id, source_id, town, joined, siret, domain, number FROM trait) a ON a.id = left_id
    JOIN (SELECT id, source_id, town, joined, siret, domain, number FROM trait) b ON b.id = right_id
    WHERE a.source_id <> b.source_id OR $every
       OR (a.town = b.town
           AND (a.joined = b.joined OR a.siret = b.siret OR a.domain = b.domain OR a.number = b.number)))
SELECT left_id, right_id, one_source, other_source, same_source, same_name, initials,
       shared / greatest(one_weight, other_weight, 1) AS cosine,
       shared / greatest(least(one_weight, other_weight), 1) AS containment, shared / 16.0 AS shared,
       likeness, sorted_likeness, numbers_differ, namesakes, same_town, town_known, same_departement, departement_known,
       CASE WHEN same_town THEN townsmen END AS townsmen, records,
       km, exact, same_number, street_likeness, siren, siret, rna, site, site_records, phone, phone_records, email,
       countries_differ, inside
FROM (
    SELECT left_id, right_id, a.source_id AS one_source, b.source_id AS other_source, a.source_id = b.source_id AS same_source,
           a.joined = b.joined AS same_name,
           -- No list_intersect, which takes five times as long.
           coalesce(list_sum(list_transform(list_filter(a.words, lambda word: list_contains(b.words, word)),
                                            lambda word: word % 4096)), 0)::INTEGER AS shared,
           a.weight AS one_weight, b.weight AS other_weight,
           (length(a.initials) >= 3 AND a.initials = b.joined)
               OR (length(b.initials) >= 3 AND b.initials = a.joined) AS initials,
           jaro_winkler_similarity(a.joined, b.joined) AS likeness,
           jaro_winkler_similarity(a.sorted, b.sorted) AS sorted_likeness,
           len(a.numbers) > 0 AND len(b.numbers) > 0 AND NOT list_has_any(a.numbers, b.numbers) AS numbers_differ,
           greatest(a.namesakes, b.namesakes) AS namesakes, coalesce(a.town = b.town, false) AS same_town,
           a.town IS NOT NULL AND b.town IS NOT NULL AS town_known,
           coalesce(a.departement_code = b.departement_code, false) AS same_departement,
           a.departement_code IS NOT NULL AND b.departement_code IS NOT NULL AS departement_known,
           a.townsmen AS townsmen, (SELECT count(*) FROM linkable) AS records,
           111.2 * sqrt(power(a.latitude - b.latitude, 2)
                        + power((a.longitude - b.longitude) * cos(radians(a.latitude)), 2)) AS km,
           a.exact AND b.exact AS exact,
           a.number = b.number AS same_number, jaro_winkler_similarity(a.street, b.street) AS street_likeness,
           a.siren = b.siren AS siren, a.siret = b.siret AS siret, a.rna = b.rna AS rna,
           a.domain = b.domain AS site, a.domain_records AS site_records,
           a.contact_phone = b.contact_phone AS phone, a.phone_records AS phone_records,
           a.contact_email = b.contact_email AS email, a.country <> b.country AS countries_differ,
           a.inside OR b.inside AS inside
    FROM asked JOIN trait a ON a.id = left_id JOIN trait b ON b.id = right_id)
