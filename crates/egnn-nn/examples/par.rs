#![allow(clippy::print_stdout)]
//! tmp
fn main() { for a in std::env::args().skip(1) { match egnn_nn::parity::run(a.as_ref(), Default::default()) {
 Ok(r)=>{ println!("{} {}", r.case, r.passed()); for q in [egnn_nn::parity::Quantity::Output, egnn_nn::parity::Quantity::Loss, egnn_nn::parity::Quantity::Gradient] { if let Some(w)=r.worst(q) {println!("   {q:?} {} {:e} {:e}", w.name,w.max_abs,w.max_rel);} } }
 Err(e)=>println!("ERR {e}") } } }
