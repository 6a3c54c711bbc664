-- What each model was given and took: finished runs, epochs, steps, seconds of all runs together and of the longest, and the
-- largest memory.
SELECT pipeline, profile, model, COUNT(*) AS runs,
  MIN(epochs) AS epochs_min, MAX(epochs) AS epochs_max, MIN(steps) AS steps_min, MAX(steps) AS steps_max,
  SUM(seconds) AS seconds, MAX(seconds) AS longest, MAX(peak_memory_bytes) / 1048576 AS memory_mib,
  MAX(parameters) AS parameters
FROM results
WHERE status = 'finished'
GROUP BY pipeline, profile, model
ORDER BY pipeline, profile, model
