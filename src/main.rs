//! Parse, run, exit.

use kratix_test::Exit;

fn main() -> Exit {
    kratix_test::run(std::env::args_os())
}
