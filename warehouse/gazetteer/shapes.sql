-- Points, boxes and simplified polygons of communes, from the outlines of IGN Admin Express.
-- In: raw_shape (id, code, kind, parent_id, wkb hex, hall hex), commune, former, overseas.
-- Out: shape (code, point, polygon), used by the COPY statements of build.py.

CREATE TABLE outline AS
SELECT id, code, kind, parent_id,
       ST_MakeValid(ST_GeomFromHEXWKB(nullif(wkb, ''))) AS area,
       ST_GeomFromHEXWKB(nullif(hall, '')) AS hall
FROM raw_shape;

-- Eight communes nouvelles have no outline of their own: theirs is the union of their old communes.
UPDATE outline SET area = merged.area
FROM (SELECT parent_id, ST_Union_Agg(area) AS area FROM outline
      WHERE kind IN ('COMD', 'COMA') AND area IS NOT NULL GROUP BY parent_id) AS merged
WHERE outline.area IS NULL AND outline.kind = 'COM' AND merged.parent_id = outline.id;

-- 5.6 % of the published town-hall points lie outside their commune (sign lost, latitude = longitude):
-- they are used only when inside, else a point on the surface stands for the commune.
CREATE TABLE located AS
SELECT code, kind, area,
       CASE WHEN hall IS NOT NULL AND (area IS NULL OR ST_Within(hall, area)) THEN hall
            ELSE ST_PointOnSurface(area) END AS point,
       CASE WHEN hall IS NOT NULL AND (area IS NULL OR ST_Within(hall, area)) THEN 'town hall'
            WHEN area IS NOT NULL THEN 'surface' END AS point_kind
FROM outline;

-- 0.002 degree is about 200 m; four decimals are 11 m. Geometries broken by rounding stay unrounded.
CREATE TABLE simplified AS
SELECT code, kind, ST_SimplifyPreserveTopology(area, 0.002) AS area FROM located
WHERE kind IN ('COM', 'ARM') AND area IS NOT NULL;

CREATE TABLE polygon AS
SELECT code, ST_AsWKB(CASE WHEN ST_IsEmpty(rounded) OR NOT ST_IsValid(rounded) THEN area ELSE rounded END) AS wkb
FROM (SELECT code, area, ST_ReducePrecision(area, 0.0001) AS rounded FROM simplified);
