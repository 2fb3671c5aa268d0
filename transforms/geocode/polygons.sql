-- Outlines with a wider box around each for the slack of the coordinates audit: 0.018 degree of
-- latitude is 2 km, 0.03 degree of longitude 2 km at 53 degrees north.
CREATE TABLE outlines AS
SELECT code, coalesce(parent, code) AS commune, parent IS NOT NULL AS is_arrondissement,
       ST_GeomFromWKB(wkb) AS area,
       ST_MakeEnvelope(west - 0.03, south - 0.018, east + 0.03, north + 0.018) AS box
FROM polygons JOIN communes USING (code);
DROP TABLE polygons;
