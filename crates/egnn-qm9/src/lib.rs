//! QM9: sources in, molecules out. Nothing is unpacked to disk.
//!
//! [`read`] takes either source: the original archive `dsgdb9nsd.xyz.tar.bz2` (Ramakrishnan, Dral, Rupp and von
//! Lilienfeld, Scientific Data 1, 140022, 2014), or the wheel of the Python package `qm9pack` 1.0.3. The 3,054 molecules
//! that QM9's authors call uncharacterised are left out ([`EXCLUDED`]). [`split`] gives the partition that the paper
//! uses. Units are the source's; [`egnn_schema::Property`] knows the paper's.
//!
//! ```
//! let water = "3\n\
//!     gdb 3\t799.58812\t437.90386\t282.94545\t1.8511\t6.31\t-0.2928\t0.0687\t0.3615\t19.0002\t0.021375\t-76.404702\t\
//!     -76.401867\t-76.400922\t-76.422349\t6.002\n\
//!     O\t-0.0343604951\t0.9775395708\t0.0076015923\t-0.589706\n\
//!     H\t0.0647664923\t0.0205721989\t0.0015346341\t0.294853\n\
//!     H\t0.8717903737\t1.3007924048\t6.931336*^-4\t0.294853\n\
//!     1671.4222\t3803.6305\t3907.698\n\
//!     O\tO\n\
//!     InChI=1S/H2O/h1H2\tInChI=1S/H2O/h1H2\n";
//! let water = egnn_qm9::read_xyz("dsgdb9nsd_000003.xyz", water.as_bytes())?;
//! assert_eq!(water.atomic_numbers, [8, 1, 1]);
//! assert_eq!(water.positions[2][2], 0.0006931336);
//! # Ok::<(), egnn_qm9::Qm9Error>(())
//! ```

mod archive;
mod error;
mod excluded;
mod molecule;
mod molecule_set;
mod read;
mod rows;
mod split;
mod value;
mod watch;
mod wheel;
mod xyz;

pub use error::{EntryFault, Fault, Qm9Error};
pub use excluded::{CHARACTERISED, EXCLUDED, check_uncharacterized, parse_uncharacterized};
pub use molecule::Molecule;
pub use read::{Expected, read, read_csv, read_tar};
pub use split::{Splits, split};
pub use value::MOST_ATOMS;
pub use xyz::read_xyz;
