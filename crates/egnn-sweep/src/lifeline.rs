//! A worker's lifeline: its standard input, which the sweep holds open and never writes to. However the sweep ends,
//! by SIGKILL too, the pipe closes, and no worker outlives its sweep.

use std::{io, io::Read, thread};

/// Calls `abandoned` on a thread of its own when `input` ends. A worker passes `std::io::stdin()` and ends its process
/// (or asks its training loop to) there; what it has not recorded by then is done again.
pub fn watch(mut input: impl Read + Send + 'static, abandoned: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        let mut buffer = [0; 64];
        loop {
            match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        abandoned();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, time::Duration};

    #[test]
    fn fires_when_the_other_end_is_closed_and_not_before() {
        let (reader, writer) = io::pipe().unwrap();
        let (sender, receiver) = mpsc::channel();
        watch(reader, move || sender.send(()).unwrap());
        assert!(receiver.recv_timeout(Duration::from_millis(50)).is_err());
        drop(writer);
        receiver.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}
