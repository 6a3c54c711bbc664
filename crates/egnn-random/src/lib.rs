//! NumPy's and CPython's legacy random streams, and egnn-lab's own named, splittable streams.
