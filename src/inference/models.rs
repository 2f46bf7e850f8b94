//! What the model's address says of the configured models: a list, with the days on which models end
//! (`GET /v1/models`, `shutdown_date`).

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;
use time::{Date, Duration, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// How long before a model ends its operator is told.
const AHEAD: i64 = 60;
const DAILY: Duration = Duration::hours(24);
const AFTER_TROUBLE: Duration = Duration::hours(1);

/// Something about a configured model that whoever runs this has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelNotice {
    /// Which model.
    pub model: String,
    /// What is the matter, and what to do.
    pub sentence: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Listed,
    Missing,
    Ends(Date),
}

#[derive(Default)]
struct Known {
    looked: Option<OffsetDateTime>,
    learnt: Option<OffsetDateTime>,
    standings: BTreeMap<String, Standing>,
}

/// What is known of the models, in this process.
#[derive(Default)]
pub(super) struct Models(Mutex<Known>);

impl Models {
    fn with<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn is_due(&self, now: OffsetDateTime) -> bool {
        self.with(|known| {
            let stale = known.learnt.is_none_or(|learnt| now - learnt >= DAILY);
            stale && known.looked.is_none_or(|looked| now - looked >= AFTER_TROUBLE)
        })
    }

    pub(super) fn note_look(&self, now: OffsetDateTime) {
        self.with(|known| known.looked = Some(now));
    }

    /// Reads the list. Where it is none, or only the first page of one, nothing is concluded from a missing name.
    pub(super) fn learn(&self, list: &Value, names: &[String], now: OffsetDateTime) {
        let entries = list["data"].as_array().or(list.as_array()).filter(|entries| !entries.is_empty());
        let whole = entries.is_some() && list["has_more"] != true;
        let mut standings = BTreeMap::new();
        for name in names {
            let entry = entries.into_iter().flatten().find(|entry| entry["id"] == name.as_str());
            let standing = match entry {
                Some(entry) => day(&entry["shutdown_date"]).map_or(Standing::Listed, Standing::Ends),
                None if whole => Standing::Missing,
                None => continue,
            };
            if let Standing::Ends(day) = standing {
                let left = (day - now.date()).whole_days();
                // Days, far below what a float holds exactly.
                metrics::gauge!("aura_model_days_left", "model" => name.clone()).set(left as f64);
            }
            standings.insert(name.clone(), standing);
        }
        self.with(|known| {
            known.learnt = Some(now);
            known.standings = standings;
        });
    }

    /// Those that have not been shut down; all, where none is left, because a list can be wrong.
    pub(super) fn living<'a>(&self, names: &'a [String], now: OffsetDateTime) -> Vec<&'a String> {
        let ended = |name: &String| {
            self.with(|known| matches!(known.standings.get(name), Some(Standing::Ends(day)) if *day <= now.date()))
        };
        let living: Vec<_> = names.iter().filter(|name| !ended(name)).collect();
        if living.is_empty() { names.iter().collect() } else { living }
    }

    pub(super) fn notices(&self, names: &[String], now: OffsetDateTime) -> Vec<ModelNotice> {
        let standing = |name: &String| self.with(|known| known.standings.get(name).copied());
        let next = |name: &String| {
            let later = names.iter().skip_while(|other| *other != name).skip(1);
            let next = later.into_iter().find(|other| match standing(other) {
                Some(Standing::Ends(day)) => day > now.date(),
                Some(Standing::Missing) => false,
                _ => true,
            });
            next.map_or_else(
                || "Nothing answers then: name another in OPENAI_MODEL or MODEL_FALLBACKS.".to_owned(),
                |next| format!("Then {next} answers."),
            )
        };
        let notice = |name: &String| {
            let sentence = match standing(name)? {
                Standing::Ends(day) => {
                    let left = (day - now.date()).whole_days();
                    match left {
                        ..=0 => format!("The model {name} was shut down on {day}. {}", next(name)),
                        1..=AHEAD => format!("The model {name} is shut down on {day}, in {left} days. {}", next(name)),
                        _ => return None,
                    }
                }
                Standing::Missing => {
                    format!("The model {name} is not in the list of the address that is set. Check its name.")
                }
                Standing::Listed => return None,
            };
            Some(ModelNotice { model: name.clone(), sentence })
        };
        names.iter().filter_map(notice).collect()
    }
}

/// A day as a date, a moment, or seconds since 1970.
fn day(value: &Value) -> Option<Date> {
    if let Some(seconds) = value.as_i64() {
        return OffsetDateTime::from_unix_timestamp(seconds).ok().map(OffsetDateTime::date);
    }
    let text = value.as_str()?;
    let date = Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    date.or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::date))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

    fn known(list: &Value) -> (Models, Vec<String>) {
        let names = vec!["gpt-4o-mini".to_owned(), "gpt-6-luna".to_owned()];
        let models = Models::default();
        models.learn(list, &names, NOW);
        (models, names)
    }

    fn sentences(list: &Value, now: OffsetDateTime) -> Vec<String> {
        let (models, names) = known(list);
        models.notices(&names, now).into_iter().map(|notice| notice.sentence).collect()
    }

    #[test]
    fn the_end_of_a_model_is_told_ahead() {
        for end in [json!("2027-01-14"), json!("2027-01-14T00:00:00Z"), json!(1_799_884_800)] {
            let list = json!({ "data": [{ "id": "gpt-4o-mini", "shutdown_date": end }, { "id": "gpt-6-luna" }] });
            assert_eq!(sentences(&list, datetime!(2026-11-14 12:00 UTC)), [""; 0], "61 days before");
            assert_eq!(
                sentences(&list, NOW),
                ["The model gpt-4o-mini is shut down on 2027-01-14, in 54 days. Then gpt-6-luna answers."]
            );
            let (models, names) = known(&list);
            assert_eq!(models.living(&names, datetime!(2027-01-13 23:59 UTC)).len(), 2);
            assert_eq!(models.living(&names, datetime!(2027-01-14 0:00 UTC)), [&names[1]]);
            assert_eq!(
                models.living(&names[..1], datetime!(2027-02-01 0:00 UTC)),
                [&names[0]],
                "the list can be wrong"
            );
        }
    }

    #[test]
    fn a_missing_model_is_told_only_where_the_list_is_whole() {
        assert_eq!(sentences(&json!({ "data": [{ "id": "gpt-6-luna" }] }), NOW).len(), 1);
        for list in [
            json!({}),
            json!({ "data": [] }),
            json!({ "data": "no" }),
            json!({ "data": [{ "id": "a" }], "has_more": true }),
        ] {
            assert_eq!(sentences(&list, NOW), [""; 0], "{list}");
        }
    }

    #[test]
    fn the_list_is_read_once_a_day_and_after_trouble_in_an_hour() {
        let models = Models::default();
        assert!(models.is_due(NOW));
        models.note_look(NOW);
        assert!(!models.is_due(NOW + Duration::minutes(59)) && models.is_due(NOW + Duration::hours(1)));
        models.learn(&json!({}), &[], NOW);
        assert!(!models.is_due(NOW + Duration::hours(23)) && models.is_due(NOW + Duration::hours(24)));
    }
}
