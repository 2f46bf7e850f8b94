//! Posts that outside services sign (by the Standard Webhooks scheme, as Svix sends it, or by a time and a code): checked
//! over the bytes as they came, kept once under the sender's own id, and done by a job that the same transaction puts
//! into the queue. The sender is answered as soon as its post is kept, so that what follows may take its time and fail.

mod error;
mod inbox;
mod listing;
mod signature;
mod store;
mod timestamped;
mod together;
mod work;

pub use error::WebhookError;
pub use inbox::{Arrived, Received, Webhooks};
pub use listing::EventLine;
pub use signature::{Signed, verify};
pub use timestamped::verify_timestamped;
pub use work::{Handlers, Post, work};
