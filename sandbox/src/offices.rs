//! Which of the services of talk, time and customers answers at a host.

use crate::app::Sandbox;
use crate::call::Call;
use crate::{
    cal_com, calendly, close, discord, graph, greenhouse, halls, hubspot, intercom, pipedrive, salesforce, twilio,
};
use axum::response::Response;

/// Answers a request to any of them; nobody answers a host that none of them has.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    match call.host.as_str() {
        "api.cal.com" => cal_com::answer(sandbox, call),
        "api.calendly.com" => calendly::answer(sandbox, call),
        "api.close.com" => close::answer(sandbox, call),
        "api.hubapi.com" => hubspot::answer(sandbox, call),
        "api.intercom.io" => intercom::answer(sandbox, call),
        "api.twilio.com" => twilio::answer(sandbox, call),
        "discord.com" => discord::answer(sandbox, call),
        "harvest.greenhouse.io" => greenhouse::answer(sandbox, call),
        "graph.microsoft.com" => graph::answer(sandbox, call),
        host if host.ends_with(".pipedrive.com") => pipedrive::answer(sandbox, call),
        host if host.ends_with(".my.salesforce.com") => salesforce::answer(sandbox, call),
        _ => halls::answer(sandbox, call),
    }
}
