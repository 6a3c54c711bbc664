//! Many trajectories on all cores.

use crate::{
    initial::InitialState,
    integrator::{BLOCK, Block, Saved},
    system::System,
    trajectories::Trajectories,
};
use pulp::Arch;
use rayon::prelude::*;

/// Trajectories of the given initial states, in their order. Runs on rayon's current pool; the bits depend neither on
/// its size nor on the machine's vector width.
///
/// # Panics
/// If the system is not valid ([`System::validate`]) or a state does not have its number of bodies.
pub fn simulate(system: &System, states: &[InitialState]) -> Trajectories {
    simulate_with_progress(system, states, &|_| ())
}

/// The same; `done` is told of every block of trajectories when it is done, from whichever thread did it.
pub(crate) fn simulate_with_progress(
    system: &System,
    states: &[InitialState],
    done: &(dyn Fn(usize) + Sync),
) -> Trajectories {
    let arch = Arch::new();
    simulate_blocks(system, states, &|block| arch.dispatch(block), done)
}

fn simulate_blocks(
    system: &System,
    states: &[InitialState],
    run: &(dyn Fn(Block) + Sync),
    done: &(dyn Fn(usize) + Sync),
) -> Trajectories {
    if let Err(error) = system.validate() {
        panic!("invalid system: {error}");
    }
    let (bodies, frames, trajectories) = (system.bodies, system.frames(), states.len());
    for (i, state) in states.iter().enumerate() {
        let counts = [state.charge.len(), state.position.len(), state.velocity.len()];
        assert!(counts == [bodies; 3], "state {i} has {counts:?} charges, positions and velocities, not {bodies}");
    }
    let vectors = || vec![[0.0; 3]; frames * trajectories * bodies];
    let (mut position, mut velocity) = (vectors(), vectors());
    blocks(system, states, &mut position, &mut velocity).into_par_iter().for_each(|block| {
        let count = block.states.len();
        run(block);
        done(count);
    });
    let charge = states.iter().flat_map(|state| &state.charge).copied().collect();
    Trajectories { bodies, frames, trajectories, charge, position, velocity }
}

/// Cuts states and output into blocks that do not overlap.
fn blocks<'a>(
    system: &'a System,
    states: &'a [InitialState],
    position: &'a mut [[f64; 3]],
    velocity: &'a mut [[f64; 3]],
) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block> =
        states.chunks(BLOCK).map(|states| Block { system, states, saved: Saved::default() }).collect();
    if states.is_empty() {
        return blocks;
    }
    let (frame, part) = (states.len() * system.bodies, BLOCK * system.bodies);
    for (position, velocity) in position.chunks_mut(frame).zip(velocity.chunks_mut(frame)) {
        let parts = position.chunks_mut(part).zip(velocity.chunks_mut(part));
        for (block, (position, velocity)) in blocks.iter_mut().zip(parts) {
            block.saved.position.push(position);
            block.saved.velocity.push(velocity);
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Distance, Generator, Source};
    use pulp::{Scalar, Scalar128b, Scalar256b, Scalar512b, Simd, WithSimd};

    fn with<S: Simd + Sync>(simd: S, system: &System, states: &[InitialState]) -> Trajectories {
        simulate_blocks(system, states, &|block| simd.vectorize(block), &|_| ())
    }

    fn bits(trajectories: &Trajectories) -> Vec<u64> {
        trajectories.position.iter().chain(&trajectories.velocity).flatten().map(|x| x.to_bits()).collect()
    }

    /// Every vector width and instruction set that this machine has, against code without any vector.
    #[test]
    fn bits_do_not_depend_on_the_vector_width() {
        for (bodies, distance) in [(5, Distance::Expanded), (5, Distance::Direct), (3, Distance::Expanded)] {
            let system = System { bodies, distance, steps: 3000, sample_freq: 500, ..System::default() };
            // 21: two whole blocks and one that leaves lanes over.
            let splits = vec![("train".to_owned(), 21)];
            let generator = Generator { system, source: Source::Native, seed: 4, splits };
            let states = &generator.initial_states()[0].1;
            let plain = bits(&simulate_blocks(&generator.system, states, &|block| block.with_simd(Scalar), &|_| ()));
            let check = |name: &str, other: &Trajectories| assert!(plain == bits(other), "{name} with {bodies} bodies");
            check("dispatched", &simulate(&generator.system, states));
            check("two lanes", &with(Scalar128b, &generator.system, states));
            check("four lanes", &with(Scalar256b, &generator.system, states));
            check("eight lanes", &with(Scalar512b, &generator.system, states));
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            {
                if let Some(simd) = pulp::x86::V3::try_new() {
                    check("avx2", &with(simd, &generator.system, states));
                }
                if let Some(simd) = pulp::x86::V4::try_new() {
                    check("avx512", &with(simd, &generator.system, states));
                }
            }
        }
    }
}
