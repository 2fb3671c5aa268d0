-- Kilometres from each point to the outline of its stated commune, 0 inside (111.195 km a degree on a
-- sphere of 6371 km; longitudes are shrunk by the cosine of the latitude, good to 1 % within 100 km).
-- In: $id, $latitude, $longitude, $code as JSON lists. Out: id, distance in km.
WITH point AS (
    SELECT unnest(from_json($id, '["INTEGER"]')) AS id,
           unnest(from_json($latitude, '["DOUBLE"]')) AS latitude,
           unnest(from_json($longitude, '["DOUBLE"]')) AS longitude,
           unnest(from_json($code, '["VARCHAR"]')) AS code
)
SELECT id, 111.195 * ST_Distance(ST_Affine(area, cos(radians(latitude)), 0, 0, 1, 0, 0),
                                 ST_Point(longitude * cos(radians(latitude)), latitude))
FROM point JOIN outlines USING (code)
