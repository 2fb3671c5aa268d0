-- The nearest place of each country within about a degree of each point: says in which country a point lies.
-- In: $id, $latitude, $longitude as JSON lists. Out: id, country, place, name, admin1, kilometres.
WITH point AS (
    SELECT unnest(from_json($id, '["INTEGER"]')) AS id, unnest(from_json($latitude, '["DOUBLE"]')) AS latitude,
           unnest(from_json($longitude, '["DOUBLE"]')) AS longitude
), cell AS (
    SELECT id, point.latitude, point.longitude, floor(point.latitude)::INTEGER + y AS row_cell,
           floor(point.longitude)::INTEGER + x AS column_cell
    FROM point, (VALUES (-1), (0), (1)) AS ys (y), (VALUES (-1), (0), (1)) AS xs (x)
), near AS (
    SELECT id, country, place, name, admin1,
           12742.0176 * asin(least(1, sqrt(
               sin(radians(p.latitude - cell.latitude) / 2) ** 2
               + cos(radians(p.latitude)) * cos(radians(cell.latitude))
                 * sin(radians(p.longitude - cell.longitude) / 2) ** 2))) AS km
    FROM cell JOIN world_places AS p
      ON floor(p.latitude)::INTEGER = row_cell AND floor(p.longitude)::INTEGER = column_cell
)
SELECT id, country, arg_min(place, km), arg_min(name, km), arg_min(admin1, km), min(km)
FROM near GROUP BY id, country ORDER BY id, min(km), country
