//! Test folders that are not there yet: what could be tested of a Promise, and the files that a test of it begins with.

pub(crate) mod offer;
