//! The parts of the pages about webhooks.

mod deliveries;
mod fields;

pub use deliveries::Deliveries;
pub use fields::Fields;
