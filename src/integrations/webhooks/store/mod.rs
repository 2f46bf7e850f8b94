//! The tables of webhooks. Every function takes the owner's id and puts it into the statement; what works without
//! anybody asking is in `system`.

mod deliveries;
mod endpoints;
pub mod system;

pub use deliveries::{
    DeliveryRow, NewDelivery, deliveries, delivery, give_up_waiting, insert_delivery, replay, replay_failed,
};
pub use endpoints::{
    EndpointRow, NewEndpoint, change, count_locked, delete, endpoint, endpoints, hold, insert, listening, rotate,
    switch_off, switch_on,
};
