-- The run of best validation of each pipeline, profile, data and model, with what it reached on the test set. Runs are
-- chosen by validation; metric says whether valid and test are an MSE, a BCE (which no_edges has not) or an MAE in the
-- property's unit.
WITH runs AS (
  SELECT *,
    COALESCE(property, "set", eval_set) AS data,
    CASE task WHEN 'nbody' THEN 'mse' WHEN 'qm9' THEN 'mae' ELSE 'bce' END AS metric,
    COALESCE(valid_mse, valid_mae, CASE WHEN model <> 'no_edges' THEN valid_bce END) AS valid,
    COALESCE(test_mse, test_mae, CASE WHEN model <> 'no_edges' THEN test_bce END) AS test
  FROM results
  WHERE status = 'finished'
), ranked AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY pipeline, profile, task, data, model ORDER BY valid NULLS LAST, run) AS place
  FROM runs
)
SELECT pipeline, profile, data, model, metric, valid, test, test_error_percent, test_f1, variant, seed, run
FROM ranked
WHERE place = 1
ORDER BY pipeline, profile, data, valid NULLS LAST
