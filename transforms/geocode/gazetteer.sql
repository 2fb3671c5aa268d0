-- Tables derived from the gazetteer's files when it is loaded.
CREATE TABLE postcode_communes AS SELECT DISTINCT postcode, code FROM postcode_names;
CREATE TABLE postcode_departements AS
SELECT postcode, list(DISTINCT departement ORDER BY departement) AS departements
FROM postcode_communes JOIN communes USING (code) GROUP BY postcode;
CREATE TABLE commune_facts AS
SELECT communes.code, departement, region, 0.1 * log10(coalesce(population, 0) + 1) AS size_points,
       coalesce(list_distinct(postcodes || sorted.labels), []) AS postcodes
FROM communes
LEFT JOIN (SELECT code, list(DISTINCT postcode) AS labels FROM postcode_names GROUP BY code) AS sorted
  ON sorted.code = communes.code
WHERE parent IS NULL;
