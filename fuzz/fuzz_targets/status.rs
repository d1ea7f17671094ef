#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kratix_test::fuzz::status(bytes));
