//! One module a subcommand.

pub(crate) mod bench;
pub(crate) mod cancel;
pub(crate) mod compare;
pub(crate) mod evaluate;
pub(crate) mod follow;
pub(crate) mod gc;
pub(crate) mod generate;
pub(crate) mod import;
pub(crate) mod parity;
pub(crate) mod query;
pub(crate) mod report;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod survey;
pub(crate) mod sweep;
pub(crate) mod train;
pub(crate) mod watch;
pub(crate) mod worker;
