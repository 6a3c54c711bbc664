-- Mean, standard deviation (n - 1) and number of the test metric over the seeds of each model and variant: variant names
-- the settings in which runs of the model differ. Of autoencoders the mean error and F1 besides.
WITH runs AS (
  SELECT *,
    COALESCE(property, "set", eval_set) AS data,
    CASE task WHEN 'nbody' THEN 'mse' WHEN 'qm9' THEN 'mae' ELSE 'bce' END AS metric,
    COALESCE(test_mse, test_mae, CASE WHEN model <> 'no_edges' THEN test_bce END) AS test
  FROM results
  WHERE status = 'finished'
)
SELECT pipeline, profile, data, train_samples, model, variant, metric,
  AVG(test) AS mean, STDDEV(test) AS sd, COUNT(test) AS n,
  AVG(test_error_percent) AS error_percent, AVG(test_f1) AS f1
FROM runs
GROUP BY pipeline, profile, data, train_samples, model, variant, metric
ORDER BY pipeline, profile, data, train_samples, mean NULLS LAST
