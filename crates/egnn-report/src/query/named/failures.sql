-- Runs that failed, with the reason, the seconds that they took and how often they were started.
SELECT pipeline, profile, run, reason, seconds, attempts, host
FROM results
WHERE status = 'failed'
ORDER BY pipeline, profile, run
