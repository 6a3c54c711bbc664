//! Random graphs for the graph autoencoder: parameters in, graphs out.
//!
//! Two families, those of Satorras, Hoogeboom and Welling 2021, after Liu et al. 2019 and You et al. 2018:
//!
//! - [`ErdosRenyi`]: G(n, p), each pair of nodes an edge with probability p.
//! - [`Community`]: communities, each a G(n, p_inside), with few edges between them.
//!
//! A [`Generator`] says how many of which to draw, and from which random numbers: [`Source::Reference`] repeats the
//! authors' programs draw by draw and gives their sets graph by graph and in their order; [`Source::Native`] draws
//! every graph from a stream of its own, named by seed, split and number, so that a graph depends on nothing else.
//!
//! ```
//! use egnn_graphs::{ErdosRenyi, Family, Generator, Source, generate};
//! let family = Family::ErdosRenyi(ErdosRenyi { min_nodes: 7, max_nodes: 16, p: 0.25 });
//! let splits = vec![("train".to_owned(), 10)];
//! let generator = Generator { family, connected: false, source: Source::Reference, seed: 0, splits };
//! let sets = generate(&generator, &|_| ())?;
//! assert_eq!(sets[0].1.iter().map(|graph| u32::from(graph.nodes)).sum::<u32>(), 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14 + 15 + 16);
//! # Ok::<(), egnn_schema::FieldError>(())
//! ```

mod family;
mod generator;
mod graph;
mod native;
mod reference;

pub use family::{Community, ErdosRenyi, Family, LARGEST_GRAPH};
pub use generator::{Generator, SPLITS, Source, generate};
pub use graph::Graph;
pub use native::DRAWS;
