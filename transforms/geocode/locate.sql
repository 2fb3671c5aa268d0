-- The commune each point lies in, else the nearest one within 2 km (0.018 degree of latitude). The joins
-- hold one spatial predicate each, so that DuckDB runs them as spatial joins.
-- In: $id, $latitude, $longitude as JSON lists. Out: id, commune, arrondissement.
WITH point AS MATERIALIZED (
    SELECT id, latitude, cos(radians(latitude)) AS shrink, ST_Point(longitude, latitude) AS place
    FROM (SELECT unnest(from_json($id, '["INTEGER"]')) AS id,
                 unnest(from_json($latitude, '["DOUBLE"]')) AS latitude,
                 unnest(from_json($longitude, '["DOUBLE"]')) AS longitude)
), inside AS MATERIALIZED (
    SELECT id, commune, code, is_arrondissement FROM point JOIN outlines ON ST_Intersects(area, place)
), outside AS (
    FROM point ANTI JOIN inside USING (id)
), near AS (
    SELECT id, commune, code, is_arrondissement,
           ST_Distance(ST_Affine(area, shrink, 0, 0, 1, 0, 0), ST_Affine(place, shrink, 0, 0, 1, 0, 0)) AS degrees
    FROM outside JOIN outlines ON ST_Intersects(box, place)
), found AS (
    SELECT id, commune, code, is_arrondissement, 0 AS degrees FROM inside
    UNION ALL
    SELECT * FROM near WHERE degrees <= 0.018 AND NOT is_arrondissement
), chosen AS (
    SELECT id, arg_min(commune, (degrees, commune)) AS commune FROM found GROUP BY id
)
-- Outlines are simplified and overlap: the arrondissement of a neighbour says nothing.
SELECT id, commune, min(code) FILTER (is_arrondissement) AS arrondissement
FROM found JOIN chosen USING (id, commune) GROUP BY id, commune
