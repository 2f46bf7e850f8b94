//! The parts of the pages for operators.

mod events;
mod invitations;
mod jobs;
mod loaded;
mod money;
mod people;
mod person;
mod recoveries;
mod services;
mod summary;
mod team_money;

pub use events::Events;
pub use invitations::Invitations;
pub use jobs::Jobs;
pub use money::MoneyBack;
pub use people::People;
pub use person::PersonPage;
pub use recoveries::Recoveries;
pub use services::Services;
pub use summary::Summary;
pub use team_money::TeamMoneyPage;
