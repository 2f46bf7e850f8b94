//! The parts of the pages of billing.

mod arrival;
mod choose;
mod invoices;
mod leaving;
mod money;
mod notice;
mod payment;
mod plan;
mod seats;
mod trouble;
mod usage;

pub use arrival::{CancelledPage, SuccessPage};
pub use choose::Choose;
pub use invoices::Invoices;
pub use leaving::LeavingPage;
pub use money::{NoPrice, counted};
pub use notice::PlanBanner;
pub use payment::Payment;
pub use plan::PlanSection;
pub use seats::SeatsSection;
pub use trouble::Trouble;
pub use usage::{UsageSection, Used};
