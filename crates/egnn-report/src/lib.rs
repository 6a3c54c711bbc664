//! Tables, figures and pages from run records; the paper's values.
