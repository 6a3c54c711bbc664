-- The twenty finished runs that took longest, with milliseconds a step (training and evaluation together).
SELECT pipeline, profile, model, seconds, steps, 1000 * seconds / steps AS ms_a_step, epochs, cpu, run
FROM results
WHERE status = 'finished' AND seconds IS NOT NULL
ORDER BY seconds DESC, run
LIMIT 20
