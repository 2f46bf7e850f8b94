//! The parts of the pages for operators.

mod events;
mod invitations;
mod jobs;
mod loaded;
mod people;
mod person;
mod recoveries;
mod services;
mod summary;

pub use events::Events;
pub use invitations::Invitations;
pub use jobs::Jobs;
pub use people::People;
pub use person::PersonPage;
pub use recoveries::Recoveries;
pub use services::Services;
pub use summary::Summary;
