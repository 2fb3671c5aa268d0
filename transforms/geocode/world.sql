-- The tables of the places of the world, made once, when a place outside France is first asked for.
-- In: the files world_*.parquet in memory, names, communes. Out: world_places, world_keys.
-- The communes of France stand among them, so that a name without a country is weighed against all places.
CREATE TABLE world_places AS
SELECT place, name, coalesce(key, lower(strip_accents(replace(name, '-', ' ')))) AS key, country, admin1,
       latitude / 1000.0 AS latitude, longitude / 1000.0 AS longitude, population, NULL AS insee
FROM world_file
UNION ALL
SELECT -1 - row_number() OVER (ORDER BY code), name, NULL, 'FR', departement, latitude, longitude,
       coalesce(population, 0), code
FROM communes WHERE parent IS NULL AND latitude IS NOT NULL;

CREATE TABLE world_keys AS
SELECT key, place, 2 AS rank FROM world_places WHERE insee IS NULL
UNION ALL SELECT key, place, 1 FROM world_names
UNION ALL SELECT names.key, place, CASE WHEN rank = 3 THEN 2 ELSE 1 END
FROM names JOIN world_places ON insee = names.code;
DROP TABLE world_file;
DROP TABLE world_names;
