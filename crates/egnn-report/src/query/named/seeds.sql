-- How far seeds are apart: lowest, highest and mean test metric of each model and variant, and the standard deviation in
-- per cent of the mean. Only where there are two seeds or more; the most uncertain first.
WITH runs AS (
  SELECT *,
    COALESCE(property, "set", eval_set) AS data,
    COALESCE(test_mse, test_mae, CASE WHEN model <> 'no_edges' THEN test_bce END) AS test
  FROM results
  WHERE status = 'finished'
), spread AS (
  SELECT pipeline, profile, data, model, variant, COUNT(test) AS n,
    MIN(test) AS lowest, MAX(test) AS highest, AVG(test) AS mean, STDDEV(test) AS sd
  FROM runs
  GROUP BY pipeline, profile, data, model, variant
)
SELECT *, 100 * sd / mean AS sd_percent
FROM spread
WHERE n > 1
ORDER BY sd_percent DESC NULLS LAST, pipeline, profile, data, model, variant
