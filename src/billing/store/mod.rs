//! The rows of billing.

pub mod acts;
pub mod checkouts;
pub mod customers;
pub mod invoices;
pub mod notices;
pub mod prices;
pub mod shown;
pub mod subscriptions;
pub mod synced;
pub mod system;
pub mod usage;
