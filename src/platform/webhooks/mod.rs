//! Posts that outside services sign (the Standard Webhooks scheme, as Svix sends it): checked over the bytes as they
//! came, kept once under the sender's own id, and done by a job that the same transaction puts into the queue. The
//! sender is answered as soon as its post is kept, so that what follows may take its time and fail.

mod error;
mod inbox;
mod listing;
mod signature;
mod store;
mod work;

pub use error::WebhookError;
pub use inbox::{Received, Webhooks};
pub use listing::EventLine;
pub use signature::{Signed, verify};
pub use work::{Handlers, Post, work};
