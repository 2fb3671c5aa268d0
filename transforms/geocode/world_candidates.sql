-- Every place of the world that a guess names, the best guess of each reading and place.
-- In: $id, $key, $penalty as JSON lists. Out: one row a reading and place, the largest of each reading first.
WITH guess AS (
    SELECT unnest(from_json($id, '["INTEGER"]')) AS id, unnest(from_json($key, '["VARCHAR"]')) AS key,
           unnest(from_json($penalty, '["DOUBLE"]')) AS penalty
), met AS (
    SELECT id, place, max(rank) AS rank, arg_max(penalty, rank - penalty) AS penalty
    FROM guess JOIN world_keys USING (key) GROUP BY id, place
)
SELECT id, place, name, country, admin1, latitude, longitude, population, insee, rank, penalty
FROM met JOIN world_places USING (place)
ORDER BY id, population DESC, place
