//! Pictures of what a profile shows, to be sent to others: an SVG is written (`templates`, `svg`) and drawn as a PNG
//! (`draw`) with fonts that are part of the program (`fonts`). The same data are the same bytes, on every machine; nothing
//! is fetched. A picture shows no section that is not public: it is made of what `profile` shows of that section alone.

pub mod draw;
mod fonts;
mod svg;
mod templates;

pub use draw::{CardError, Cards};
pub use templates::{Card, Size, Subject, Template};
