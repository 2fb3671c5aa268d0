-- One batch of initiatives: candidates through the champions, then all terms of the best, then who may be told.
CREATE OR REPLACE TEMP TABLE around AS
SELECT id, square(b.band, column_of(longitude, b.band) + d.step) AS square
FROM idea, LATERAL (SELECT band(latitude) + unnest([-1, 0, 1]) AS band) b, (SELECT unnest([-1, 0, 1]) AS step) d
WHERE id BETWEEN $first AND $last AND latitude + longitude IS NOT NULL;

CREATE OR REPLACE TEMP TABLE met AS
WITH everywhere AS (
    SELECT q.id AS a, c.id AS b, sum(q.weight * c.weight)::BIGINT AS part FROM asking q JOIN champion c USING (term)
    WHERE q.id BETWEEN $first AND $last AND q.area <> c.area GROUP BY a, b
), near AS (
    SELECT q.id AS a, c.id AS b, sum(q.weight * c.weight)::BIGINT AS part
    FROM asking q JOIN around s ON s.id = q.id JOIN local_champion c ON c.term = q.term AND c.square = s.square
    WHERE q.id BETWEEN $first AND $last AND q.id <> c.id GROUP BY a, b
)
SELECT a, unnest(max_by(b, part * 4294967296 - b, 30)) AS b FROM everywhere GROUP BY a
UNION
SELECT a, unnest(max_by(b, part * 4294967296 - b, 20)) AS b FROM near GROUP BY a;

CREATE OR REPLACE TEMP TABLE possible AS
WITH pair AS (SELECT a, b FROM met ANTI JOIN apart ON apart.left_id = met.a AND apart.right_id = met.b),
placed AS (
    SELECT a, b, kilometres(x.latitude, x.longitude, y.latitude, y.longitude) AS km,
        x.departement_code AS dep_a, y.departement_code AS dep_b, x.country AS country_a, y.country AS country_b
    FROM pair JOIN idea x ON x.id = a JOIN idea y ON y.id = b JOIN mark m ON m.id = a JOIN mark n ON n.id = b
    WHERE (x.bearer = y.bearer) IS NOT TRUE AND (x.site = y.site) IS NOT TRUE AND NOT one_network(m.name, n.name)
)
SELECT a, b, km, CASE WHEN km <= $nearby THEN 'nearby' ELSE 'elsewhere' END AS scope
FROM placed
WHERE km <= $nearby OR km IS NULL OR dep_a IS DISTINCT FROM dep_b OR country_a IS DISTINCT FROM country_b;

-- Nearly one text is one network's, whatever it calls itself; who shares but a word, a theme, or a proper name is not
-- alike.
CREATE OR REPLACE TEMP TABLE scored AS
SELECT p.a, p.b, p.km, p.scope, s.score FROM possible p JOIN (
    SELECT a, b, sum(x.weight * y.weight)::BIGINT AS score, count(*) FILTER (x.term % 4 <> 2) AS said,
        count(*) FILTER (x.term % 4 = 0) AS words
    FROM possible JOIN weight x ON x.id = a JOIN weight y ON y.id = b AND y.term = x.term
    WHERE a BETWEEN $first AND $last AND x.id BETWEEN $first AND $last GROUP BY a, b
) s USING (a, b)
WHERE score >= 150000 AND score < 930000 AND said >= 2 AND (said > words OR words >= 3);

-- One of a bearer, of a site, of a network's name: the nearest of it.
CREATE OR REPLACE TEMP TABLE told AS
WITH bearer AS (
    SELECT s.*, y.site, n.name FROM scored s JOIN idea y ON y.id = s.b JOIN mark n ON n.id = s.b
    QUALIFY row_number() OVER (
        PARTITION BY a, scope, coalesce(y.bearer, '#' || b) ORDER BY score DESC, y.initiative_id) = 1
), site AS (
    SELECT * FROM bearer
    QUALIFY row_number() OVER (PARTITION BY a, scope, coalesce(site, '#' || b) ORDER BY score DESC, b) = 1
), network AS (
    SELECT * FROM site QUALIFY row_number() OVER (
        PARTITION BY a, scope, CASE WHEN name = '' THEN '#' || b ELSE name END ORDER BY score DESC, b) = 1
), text AS (
    SELECT * FROM network
    QUALIFY row_number() OVER (PARTITION BY a, scope, score ORDER BY b) = 1
)
SELECT a, b, scope, km, score, row_number() OVER (PARTITION BY a, scope ORDER BY score DESC, b) AS rank FROM text
QUALIFY rank <= $kept;

INSERT INTO nearest
WITH shared AS (
    SELECT a, b, x.term % 4 AS kind, s.text AS form, x.weight * y.weight AS part
    FROM (SELECT DISTINCT a, b FROM told) JOIN weight x ON x.id = a JOIN weight y ON y.id = b AND y.term = x.term
    JOIN spelling s ON s.form = x.form WHERE x.id BETWEEN $first AND $last
), why AS (
    SELECT a, b, list(form ORDER BY part DESC, form) FILTER (kind = 0) AS words,
        list(form ORDER BY part DESC, form) FILTER (kind = 1) AS concepts,
        list(form ORDER BY part DESC, form) FILTER (kind = 2) AS themes
    FROM shared GROUP BY a, b
)
SELECT x.initiative_id, scope, rank, y.initiative_id, round(score / 1000000, 3), round(km, 1),
    concat_ws('; ', 'ideas: ' || array_to_string(concepts[:3], ', '), 'words: ' || array_to_string(words[:4], ', '),
        'themes: ' || array_to_string(themes[:3], ', '))
FROM told JOIN why USING (a, b) JOIN idea x ON x.id = a JOIN idea y ON y.id = b
