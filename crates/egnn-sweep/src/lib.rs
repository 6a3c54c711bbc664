//! Sweep specification, plan, schedule, record and resume.
