//! The database.

mod ids;
