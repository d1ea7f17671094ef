//! Archives of images, as `docker save` writes them: streams of any length, never held as a whole.
//!
//! Knows no engine. [`named`] gives the image of an archive another name on its way; [`Checked`] looks an archive
//! through while it is read.

mod check;
mod name;
mod pipe;
mod rename;

pub(crate) use check::Checked;
pub(crate) use name::Name;
pub(crate) use pipe::Chunks;
pub(crate) use rename::named;
