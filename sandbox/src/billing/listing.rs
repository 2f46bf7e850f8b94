//! Lists: newest first, by cursors (`starting_after`, `ending_before`, `limit`), narrowed by `created[…]`.

use super::params::Params;
use super::problem::{Outcome, Problem};
use super::template::{self, int};
use serde_json::Value;

/// Parameters that every list takes.
pub const PLAIN: [&str; 8] =
    ["limit", "starting_after", "ending_before", "created", "created.gt", "created.gte", "created.lt", "created.lte"];

/// Which list it is.
#[derive(Debug)]
pub struct Page<'a> {
    /// The kind, for errors.
    pub kind: &'a str,
    /// Its address.
    pub url: &'a str,
}

/// One page of the matching ones among all objects, which are given newest first. A cursor may stand on an object that
/// does not match.
pub fn page<'a>(
    all: impl Iterator<Item = &'a Value>,
    matches: impl Fn(&Value) -> bool,
    params: &Params,
    page: &Page<'_>,
) -> Outcome {
    let limit = params.int("limit")?.unwrap_or(10);
    let limit = usize::try_from(limit).ok().filter(|limit| (1..=100).contains(limit));
    let limit = limit.ok_or_else(|| {
        Problem::invalid("parameter_invalid_integer", "This value must be between 1 and 100.", "limit")
    })?;
    let bound = |name: &str| params.int(name);
    let (gt, gte, lt, lte) = (bound("created.gt")?, bound("created.gte")?, bound("created.lt")?, bound("created.lte")?);
    let exact = if params.at("created").is_some_and(Value::is_string) { params.int("created")? } else { None };
    let wanted = |one: &&&Value| {
        let created = int(one, "created");
        gt.is_none_or(|gt| created > gt)
            && gte.is_none_or(|gte| created >= gte)
            && lt.is_none_or(|lt| created < lt)
            && lte.is_none_or(|lte| created <= lte)
            && exact.is_none_or(|exact| created == exact)
            && matches(one)
    };
    let all: Vec<&Value> = all.collect();
    let place = |name: &str| -> Outcome<Option<usize>> {
        let Some(id) = params.word(name) else { return Ok(None) };
        let place = all.iter().position(|one| one["id"] == id);
        place.map(Some).ok_or_else(|| Problem::missing(page.kind, id, name))
    };
    let (after, before) = (place("starting_after")?, place("ending_before")?);
    if after.is_some() && before.is_some() {
        return Err(Problem::rule("You may only specify one of these parameters: starting_after, ending_before."));
    }
    let slice = match before {
        Some(before) => all.get(..before),
        None => all.get(after.map_or(0, |after| after + 1)..),
    };
    let slice = slice.unwrap_or_default().iter();
    // Towards newer ones the page is what stands next before the cursor.
    let mut found: Vec<&Value> = if before.is_some() {
        slice.rev().filter(wanted).take(limit + 1).copied().collect()
    } else {
        slice.filter(wanted).take(limit + 1).copied().collect()
    };
    let more = found.len() > limit;
    found.truncate(limit);
    if before.is_some() {
        found.reverse();
    }
    let mut list = template::list(page.url, found.into_iter().cloned().collect());
    list["has_more"] = more.into();
    Ok(list)
}
