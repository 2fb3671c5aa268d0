-- Whom to compare with whom. An initiative asks with its eight weightiest terms; a term answers with the initiatives it
-- weighs most in: 60 from other places, and 15 from each square of the map, of the size of "nearby". An order by one
-- number that no two share makes the choice the same in any run.

-- Squares: bands of latitude, and in each band steps of longitude as wide as its edge nearer to the pole allows. `area`
-- is the département or country: "elsewhere" is another one, or any when a place is unknown.
CREATE OR REPLACE TEMP MACRO step() AS $nearby / 111.0;
CREATE OR REPLACE TEMP MACRO band(latitude) AS floor(latitude / step())::INTEGER;
CREATE OR REPLACE TEMP MACRO column_of(longitude, band_) AS
    floor(longitude * greatest(cos(radians(least((abs(band_) + 1) * step(), 89))), 0.02) / step())::INTEGER;
CREATE OR REPLACE TEMP MACRO square(band_, column_) AS band_ * 65536 + column_;

CREATE OR REPLACE TEMP TABLE placed_idea AS
SELECT id, CASE WHEN latitude + longitude IS NULL THEN -1 - id
        ELSE dense_rank() OVER (ORDER BY country, departement_code) END AS area,
    CASE WHEN latitude + longitude IS NOT NULL
        THEN square(band(latitude), column_of(longitude, band(latitude))) END AS square
FROM idea;

CREATE OR REPLACE TEMP TABLE asking AS
SELECT id, area, t.term AS term, t.weight AS weight
FROM (SELECT id, unnest(max_by({'term': term, 'weight': weight}, weight * 4294967296 - term, 8)) AS t
      FROM weight GROUP BY id)
JOIN placed_idea USING (id);

CREATE OR REPLACE TEMP TABLE champion AS
SELECT term, c.id AS id, c.weight AS weight, c.area AS area
FROM (SELECT term, unnest(max_by({'id': id, 'weight': weight, 'area': area}, weight * 4294967296 - id, 60)) AS c
      FROM weight JOIN placed_idea USING (id) SEMI JOIN asking USING (term) GROUP BY term);

CREATE OR REPLACE TEMP TABLE local_champion AS
SELECT term, square, c.id AS id, c.weight AS weight
FROM (SELECT term, square, unnest(max_by({'id': id, 'weight': weight}, weight * 4294967296 - id, 15)) AS c
      FROM weight JOIN placed_idea USING (id) SEMI JOIN asking USING (term)
      WHERE square IS NOT NULL GROUP BY term, square);

-- Null where a place is unknown: `least` alone would pass over the null, and tell half the girth of the earth.
CREATE OR REPLACE TEMP MACRO kilometres(lat1, lon1, lat2, lon2) AS
    CASE WHEN lat1 + lon1 + lat2 + lon2 IS NOT NULL THEN 2 * 6371.0088 * asin(sqrt(least(1, sin(radians(lat2 - lat1) / 2) ** 2
        + cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2))) END;

-- Two names of one network: the same mark, or one that stands whole in the other ("France services", "Bus France
-- services"), when it has two words at least.
CREATE OR REPLACE TEMP MACRO within(mark, other) AS
    contains(mark, ' ') AND contains(' ' || other || ' ', ' ' || mark || ' ');
CREATE OR REPLACE TEMP MACRO one_network(mark, other) AS
    mark <> '' AND (mark = other OR within(mark, other) OR within(other, mark));

CREATE OR REPLACE TEMP TABLE nearest (
    initiative_id VARCHAR, scope VARCHAR, rank INTEGER, similar_id VARCHAR, score DOUBLE, distance_km DOUBLE,
    reason VARCHAR
)
