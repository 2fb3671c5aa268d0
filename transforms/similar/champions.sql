-- Whom to compare with whom. An initiative asks with its eight weightiest terms; a term answers with the initiatives it
-- weighs most in: 60 from everywhere, and 15 from each square of the map, of the size of "nearby".
CREATE OR REPLACE TEMP TABLE asking AS
SELECT id, term, weight FROM weight
QUALIFY row_number() OVER (PARTITION BY id ORDER BY weight DESC, term) <= 8;

CREATE OR REPLACE TEMP TABLE champion AS
SELECT id, term, weight FROM weight
QUALIFY row_number() OVER (PARTITION BY term ORDER BY weight DESC, id) <= 60;

-- Squares: bands of latitude, and in each band steps of longitude as wide as its edge nearer to the pole allows.
CREATE OR REPLACE TEMP MACRO step() AS $nearby / 111.0;
CREATE OR REPLACE TEMP MACRO band(latitude) AS floor(latitude / step())::INTEGER;
CREATE OR REPLACE TEMP MACRO column_of(longitude, band_) AS
    floor(longitude * greatest(cos(radians(least((abs(band_) + 1) * step(), 89))), 0.02) / step())::INTEGER;

CREATE OR REPLACE TEMP TABLE square AS
SELECT id, band(latitude) AS band, column_of(longitude, band(latitude)) AS col
FROM idea WHERE latitude IS NOT NULL AND longitude IS NOT NULL;

CREATE OR REPLACE TEMP TABLE around AS
SELECT id, b.band, column_of(longitude, b.band) + d.step AS col
FROM idea, LATERAL (SELECT band(latitude) + unnest([-1, 0, 1]) AS band) b, (SELECT unnest([-1, 0, 1]) AS step) d
WHERE latitude IS NOT NULL AND longitude IS NOT NULL;

CREATE OR REPLACE TEMP TABLE local_champion AS
SELECT id, term, weight, band, col FROM weight JOIN square USING (id)
QUALIFY row_number() OVER (PARTITION BY term, band, col ORDER BY weight DESC, id) <= 15;

-- Null where a place is unknown: `least` alone would pass over the null, and tell half the girth of the earth.
CREATE OR REPLACE TEMP MACRO kilometres(lat1, lon1, lat2, lon2) AS
    CASE WHEN lat1 + lon1 + lat2 + lon2 IS NOT NULL THEN 2 * 6371.0088 * asin(sqrt(least(1, sin(radians(lat2 - lat1) / 2) ** 2
        + cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2))) END;

CREATE OR REPLACE TEMP TABLE nearest (
    initiative_id VARCHAR, scope VARCHAR, rank INTEGER, similar_id VARCHAR, score DOUBLE, distance_km DOUBLE,
    reason VARCHAR
)
