//! Runs the steps of a tool, page by page.

use std::collections::BTreeMap;

use http::{HeaderMap, Method};
use serde_json::{Value, json};
use url::Url;

use super::{
    Asked, Body, Failure, Line, Outgoing, arguments, day, items,
    pages::{self, Page, Turn},
    retry::Patience,
    template, undo, unsaid,
    values::Values,
};
use crate::{
    integrations::tools::ToolAnswer,
    providers::{Effect, Idempotency, KeyStyle, Step},
};

/// Of what stands there now, no more is shown.
const BEFORE: usize = 300;
/// No list is followed further.
const PAGES: usize = 5;

const UNDESCRIBED: Failure = Failure::Provider("is not described well");

/// Runs all steps.
pub(in crate::integrations) async fn run(asked: &Asked<'_>) -> Result<ToolAnswer, Failure> {
    let tool = asked.tool;
    let before = undo::before(asked).await;
    let mut values = Values::new(arguments::checked(&tool.parameters, asked.arguments)?, asked.time);
    day::add(&mut values, asked.time)?;
    values.put("account", asked.account);
    values.put("account_label", asked.account);
    values.put("account_id", asked.account_id);
    // What the connection is for goes before what anybody says it is.
    for (name, value) in &asked.line.credential.blanks {
        values.put(name, value.as_str());
    }
    let mut run = Run {
        asked,
        values,
        patience: Patience::new(asked.patience),
        names: BTreeMap::new(),
        lines: Vec::new(),
        made: None,
        made_id: String::new(),
        more: false,
    };
    for step in &tool.steps {
        if step.when.as_ref().is_none_or(|argument| run.values.has(argument)) {
            run.step(step).await?;
        }
    }
    let undo = undo::inverse(asked, &run.values, &run.made_id, &before);
    Ok(unsaid::without(ToolAnswer { undo, ..run.answer() }, asked.line.credential))
}

/// Reads what a change would change, for a card: what stands there now, by the names of the arguments.
pub(in crate::integrations) async fn look(asked: &Asked<'_>) -> Result<BTreeMap<String, String>, Failure> {
    let found = standing(asked).await?;
    Ok(found.into_iter().map(|(name, text)| (name, items::short(&text, BEFORE))).collect())
}

/// The same in full.
pub(super) async fn standing(asked: &Asked<'_>) -> Result<BTreeMap<String, String>, Failure> {
    let looks = |step: &&Step| step.graphql.as_ref().map_or(step.method == "GET", |words| words.starts_with("query"));
    let Some(step) = asked.tool.before.as_ref().filter(looks) else {
        return Ok(BTreeMap::new());
    };
    let given = arguments::checked(&asked.tool.parameters, asked.arguments)?;
    let names: Vec<String> = given.keys().cloned().collect();
    let mut values = Values::new(given, asked.time);
    for (name, value) in &asked.line.credential.blanks {
        values.put(name, value.as_str());
    }
    let mut run = Run {
        asked,
        values,
        patience: Patience::new(asked.patience),
        names: BTreeMap::new(),
        lines: Vec::new(),
        made: None,
        made_id: String::new(),
        more: false,
    };
    run.step(step).await?;
    let of = |name: String| Some((name.clone(), run.values.text(&name)?));
    let picked = step.picks.iter().map(|pick| pick.name.clone()).filter(|name| names.contains(name));
    Ok(picked.filter_map(of).collect())
}

/// What one call brought.
struct Reply {
    url: Url,
    headers: HeaderMap,
    body: Value,
}

struct Run<'a> {
    asked: &'a Asked<'a>,
    values: Values,
    patience: Patience,
    /// By id.
    names: BTreeMap<String, String>,
    lines: Vec<items::Line>,
    made: Option<items::Line>,
    /// By which the service knows what was made.
    made_id: String,
    /// Whether not all was read.
    more: bool,
}

impl Run<'_> {
    async fn step(&mut self, step: &Step) -> Result<(), Failure> {
        let most = self.asked.tool.max_lines;
        let list = list(step);
        let mut found = BTreeMap::new();
        let mut turn: Option<Turn> = None;
        for number in 0..PAGES {
            let reply = self.call(step, turn.as_ref()).await?;
            for pick in &step.picks {
                if let Some(value) = items::pick(pick, &reply.body, &self.values) {
                    found.entry(pick.name.clone()).or_insert(value);
                }
            }
            if let Some(entry) = &step.names {
                self.names.extend(items::names(entry, &reply.body));
            }
            if let Some(entry) = &step.items {
                self.lines.extend(items::read(entry, &reply.body, self.asked.time, &self.names, &self.values));
            }
            if let Some(entry) = &step.made {
                self.made = Some(items::made(entry, &reply.body, &self.values));
                self.made_id = items::made_id(entry, &reply.body, &self.values);
            }
            let next = step.pages.as_ref().and_then(|dialect| {
                let page = Page { url: &reply.url, headers: &reply.headers, body: &reply.body, list, number };
                pages::next(dialect, &page)
            });
            let enough = match (&step.items, &step.names) {
                (Some(_), _) => self.lines.len() > most,
                (None, Some(_)) => false,
                (None, None) => step.picks.iter().all(|pick| found.contains_key(&pick.name)),
            };
            // The same page again would be the same for ever.
            let stuck = next.is_some() && next == turn;
            turn = next;
            if turn.is_none() || enough || stuck {
                break;
            }
        }
        self.more |= step.items.is_some() && turn.is_some();
        for pick in &step.picks {
            let value = found.remove(&pick.name).or_else(|| pick.default.clone());
            let value = value.ok_or_else(|| Failure::Nothing(self.values.fill(&pick.missing).unwrap_or_default()))?;
            self.values.put(&pick.name, value);
        }
        Ok(())
    }

    /// One call, and the same again after a wait that the service asks for, where a repetition is harmless.
    async fn call(&mut self, step: &Step, turn: Option<&Turn>) -> Result<Reply, Failure> {
        let changes = self.asked.tool.effect.changes();
        loop {
            self.asked.budget.spend().await?;
            let outgoing = self.outgoing(step, turn)?;
            let method = outgoing.method.clone();
            let line = Line { now: self.asked.clock.now(), ..self.asked.line };
            let url = line.url(&outgoing)?;
            let outcome = line.ask_whole(outgoing).await;
            let outcome = if changes && method != Method::GET { outcome.map_err(Failure::of_change) } else { outcome };
            match outcome {
                Ok((body, headers)) => {
                    if step.graphql.is_some() {
                        refusal(&body)?;
                    }
                    return Ok(Reply { url, headers, body });
                }
                Err(Failure::Limited(wait)) if !changes || is_repeatable(step, &method) => {
                    if !self.patience.wait(wait).await {
                        return Err(Failure::Limited(wait));
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    fn outgoing(&self, step: &Step, turn: Option<&Turn>) -> Result<Outgoing, Failure> {
        let values = &self.values;
        let method = if step.graphql.is_some() { "POST" } else { &step.method };
        let unfit = || Failure::Bad("This name cannot be asked for.".into());
        let path = template::fill_encoded(&step.path, |inside| values.text(inside)).ok_or_else(unfit)?;
        let mut outgoing = Outgoing::new(method, &path)?;
        outgoing.base = step.base.as_ref().map(|base| base.url().clone());
        outgoing.deadline = self.asked.deadline;
        outgoing.limit = self.asked.tool.max_bytes;
        let pairs = |fields: &BTreeMap<String, String>| -> Vec<(String, String)> {
            let all = fields
                .iter()
                .flat_map(|(name, text)| values.parameter(text).into_iter().map(move |value| (name.clone(), value)));
            all.collect()
        };
        outgoing.query = pairs(&step.query);
        outgoing.headers = pairs(&step.headers);
        outgoing.body = if let Some(document) = &step.graphql {
            let variables = step.variables.as_ref().and_then(|variables| template::fill_json(variables, values));
            Body::Json(json!({"query": document, "variables": variables.unwrap_or_else(|| json!({}))}))
        } else if let Some(json) = &step.json {
            Body::Json(template::fill_json(json, values).unwrap_or_else(|| json!({})))
        } else if step.form.is_empty() {
            Body::None
        } else {
            Body::Form(pairs(&step.form))
        };
        if let Some(idempotency) = &step.idempotency {
            self.put_key(&mut outgoing, idempotency)?;
        }
        if let Some(turn) = turn {
            self.put_turn(&mut outgoing, turn)?;
        }
        Ok(outgoing)
    }

    fn put_key(&self, outgoing: &mut Outgoing, place: &Idempotency) -> Result<(), Failure> {
        let Some(key) = self.asked.key else { return Ok(()) };
        let key = match place.style {
            KeyStyle::Uuid => key.hyphenated().to_string(),
            KeyStyle::Hex => key.simple().to_string(),
        };
        if let Some(header) = &place.header {
            outgoing.headers.push((header.clone(), key.clone()));
        }
        if let Some(parameter) = &place.parameter {
            outgoing.query.push((parameter.clone(), key.clone()));
        }
        match (&place.field, &mut outgoing.body) {
            (None, _) => Ok(()),
            (Some(pointer), Body::Json(json)) => put(json, pointer, key.into()),
            (Some(name), Body::Form(fields)) => {
                fields.push((name.trim_start_matches('/').to_owned(), key));
                Ok(())
            }
            (Some(_), Body::None) => Err(UNDESCRIBED),
        }
    }

    fn put_turn(&self, outgoing: &mut Outgoing, turn: &Turn) -> Result<(), Failure> {
        match (turn, &mut outgoing.body) {
            (Turn::Parameter(name, value), _) => {
                outgoing.query.retain(|(known, _)| known != name);
                outgoing.query.push((name.clone(), value.clone()));
                Ok(())
            }
            (Turn::Field(pointer, value), Body::Json(json)) => put(json, pointer, value.as_str().into()),
            (Turn::Variable(name, value), Body::Json(json)) => {
                put(json, &format!("/variables/{name}"), value.as_str().into())
            }
            (Turn::Address(url), _) => {
                let mut base = url.clone();
                base.set_path("/");
                base.set_query(None);
                outgoing.path = match url.query() {
                    Some(query) => format!("{}?{query}", url.path()),
                    None => url.path().to_owned(),
                };
                outgoing.base = Some(base);
                outgoing.query.clear();
                Ok(())
            }
            _ => Err(UNDESCRIBED),
        }
    }

    fn answer(mut self) -> ToolAnswer {
        let tool = self.asked.tool;
        let account = self.asked.account;
        let detail = self.values.fill(&tool.detail).unwrap_or_default();
        if tool.effect != Effect::Read {
            let made = self.made.map_or(Value::Null, |line| {
                let told = line.compact();
                self.lines = vec![line];
                told
            });
            let data = json!({"account": account, "about": detail, "done": tool.done, "made": made});
            let items = self.lines.into_iter().map(items::Line::into_item).collect();
            return ToolAnswer { summary: tool.done.clone(), detail, items, data, undo: None };
        }
        let more = self.more || self.lines.len() > tool.max_lines;
        self.lines.truncate(tool.max_lines);
        let [one, several] = &tool.noun;
        let noun = if self.lines.len() == 1 { one } else { several };
        let summary = match (self.lines.len(), more) {
            (0, _) => format!("Found no {several}"),
            (count, false) => format!("Read {count} {noun}"),
            (count, true) => format!("Read the first {count} {noun}"),
        };
        let data = json!({
            "account": account,
            "about": detail,
            "complete": !more,
            several: self.lines.iter().map(items::Line::compact).collect::<Vec<Value>>(),
        });
        let items = self.lines.into_iter().map(items::Line::into_item).collect();
        ToolAnswer { summary, detail, items, data, undo: None }
    }
}

/// The list by which a step's pages are counted.
fn list(step: &Step) -> &str {
    let items = step.items.as_ref().map(|items| items.from.as_str());
    let names = || step.names.as_ref().map(|names| names.from.as_str());
    let picks = || step.picks.iter().find_map(|pick| pick.from.as_deref());
    items.or_else(names).or_else(picks).unwrap_or_default()
}

/// Whether the service knows a repetition, or it changes nothing more (RFC 9110, section 9.2.2).
fn is_repeatable(step: &Step, method: &Method) -> bool {
    step.idempotency.is_some() || method.is_idempotent()
}

/// GraphQL tells refusals beside the data, with status 200.
fn refusal(body: &Value) -> Result<(), Failure> {
    match body.get("errors").and_then(Value::as_array).filter(|errors| !errors.is_empty()) {
        None => Ok(()),
        Some(errors) => {
            let words = errors.iter().find_map(|error| error.get("message")?.as_str()).unwrap_or_default();
            Err(Failure::Refused(items::short(words, 200)))
        }
    }
}

/// Sets a value in a body, with the objects on the way to it.
fn put(body: &mut Value, pointer: &str, value: Value) -> Result<(), Failure> {
    let mut place = body;
    for name in pointer.split('/').filter(|name| !name.is_empty()) {
        if place.is_null() {
            *place = json!({});
        }
        place = place.as_object_mut().ok_or(UNDESCRIBED)?.entry(name).or_insert(Value::Null);
    }
    *place = value;
    Ok(())
}
