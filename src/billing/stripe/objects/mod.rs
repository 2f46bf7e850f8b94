//! What is read of Stripe's answers, and nothing more: a field that is new, gone or of another kind elsewhere in them
//! stops nothing. Shapes: <https://docs.stripe.com/api>, at the version that the requests name.

mod adjustment;
mod customer;
mod invoice;
mod session;
mod subscription;

use serde::Deserialize;

pub use adjustment::{Adjustment, Charge};
pub use customer::{Card, Customer, PaymentMethod};
pub use invoice::{Invoice, InvoicePayment, PaymentIntent};
pub use session::CheckoutSession;
pub use subscription::{Item, Phase, Price, Recurring, Schedule, Subscription};

/// A page of a list, the newest first.
#[derive(Clone, Debug, Deserialize)]
pub struct List<T> {
    pub data: Vec<T>,
    /// Whether another page follows.
    #[serde(default)]
    pub has_more: bool,
}

/// Another object: its id, or the whole of it where that was asked for (`expand`).
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Reference<T> {
    Id(String),
    Whole(Box<T>),
}

/// What has an id.
pub trait Identified {
    /// Stripe's id of it.
    fn id(&self) -> &str;
}

impl<T: Identified> Reference<T> {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Whole(whole) => whole.id(),
        }
    }

    /// The whole of it, if it is there.
    #[must_use]
    pub fn whole(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Whole(whole) => Some(whole),
        }
    }
}

/// An object of which only the id matters.
#[derive(Clone, Debug, Deserialize)]
pub struct Named {
    pub id: String,
}

impl Identified for Named {
    fn id(&self) -> &str {
        &self.id
    }
}

/// What was answered, whatever it is: for requests whose answer says nothing that is used.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Done {}
