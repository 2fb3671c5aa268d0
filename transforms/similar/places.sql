-- Where each initiative stands, and whose it is, as numbers; one row each, in the order of `id`.

-- Squares: bands of latitude, and in each band steps of longitude as wide as its edge nearer to the pole allows. Around
-- an initiative are nine of them: three columns in its own band and in the two beside it.
CREATE OR REPLACE TEMP MACRO step() AS $nearby / 111.0;
CREATE OR REPLACE TEMP MACRO band(latitude) AS floor(latitude / step())::INTEGER;
CREATE OR REPLACE TEMP MACRO column_of(longitude, band_) AS
    floor(longitude * greatest(cos(radians(least((abs(band_) + 1) * step(), 89))), 0.02) / step())::INTEGER;
CREATE OR REPLACE TEMP MACRO square(band_, column_) AS (band_ * 65536 + column_)::INTEGER;

-- `territory` is the département, or the country without; `area` is that of a place that is known, else a number of its
-- own: "elsewhere" is another area. A bearer or site that nobody names is one of its own too.
SELECT placed, coalesce(latitude, 0) AS latitude, coalesce(longitude, 0) AS longitude,
    coalesce(square(band, column_of(longitude, band)), 0) AS square,
    coalesce(square(band - 1, column_of(longitude, band - 1)), 0) AS square_below,
    coalesce(square(band + 1, column_of(longitude, band + 1)), 0) AS square_above,
    territory, CASE WHEN placed THEN territory ELSE -1 - id END AS area,
    CASE WHEN bearer IS NULL THEN -1 - id ELSE dense_rank() OVER (ORDER BY bearer) END AS bearer,
    CASE WHEN site IS NULL THEN -1 - id ELSE dense_rank() OVER (ORDER BY site) END AS site
FROM (SELECT *, latitude + longitude IS NOT NULL AS placed, band(latitude) AS band,
      dense_rank() OVER (ORDER BY country, departement_code) AS territory FROM idea)
ORDER BY id
