//! Leaving for a consent page to connect an account, coming back from it, and answering what a consent still asks.

use std::collections::BTreeMap;

use axum::{
    Form,
    extract::{Extension, Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse as _, Redirect, Response},
};
use secrecy::SecretString;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    own_apps,
    plain::{self, Details, Question},
    routes::{Stylesheet, is_own, quietly, wants_page},
    service::{Answer, Arrival, Error, Integrations, Purpose, Returned, Start, Visitor, Wish},
};
use crate::{
    error::AppError,
    identity::{
        model::Role,
        session::{CurrentSession, Session},
    },
    kit::id::{ConversationId, MusicPlaylistId},
    platform::refusal::Refusal,
    providers::Provider,
};

/// The connection that is to be renewed.
const RECONNECT: &str = "reconnect";
/// Permissions to ask for beside the usual ones, each with its own parameter.
const ADD: &str = "add";
/// The conversation that asked for it, to come back to.
const CHAT: &str = "chat";
/// The playlist that is to be exported, to come back to.
const PLAYLIST: &str = "playlist";
const CONFIRMED: &str = "confirmed";

/// Sends the browser to the consent page, if the click came from a page of ours or from the address bar. From
/// elsewhere a page asks first, and so does one where the person has said where they are at the service: the answer to
/// a form may not lead to another site.
pub(super) async fn start(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Extension(stylesheet): Extension<Stylesheet>,
    CurrentSession(session): CurrentSession,
) -> Result<Response, Refusal> {
    let provider = integrations.provider(&id)?;
    let begun = Start { user: session.user, session: session.id };
    let asked = Asked::read(provider, query.as_deref().unwrap_or_default())?;
    // What is made anew may belong to the person's own app, which needs no client of this installation.
    let anew = asked.wish.reconnect.is_some();
    let service = integrations.startable(if anew { Purpose::OwnApp } else { Purpose::Connect }, &id)?;
    let host = match integrations.destination(Purpose::Connect, provider, begun, &asked.wish).await {
        Ok(host) => host,
        Err(Error::Tenant { .. }) if asked.wish.typed.is_empty() && wants_page(&headers) => {
            return Ok(asked.form(provider, None, &stylesheet));
        }
        Err(error @ Error::Tenant { .. }) if wants_page(&headers) => {
            let error = AppError::from(error);
            let wrong = Some((error.field.unwrap_or_default(), error.message));
            let page = asked.form(provider, wrong, &stylesheet);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    let holder = session.id.to_string();
    let what = asked.what(&id);
    let proved = |proof: &String| integrations.is_confirmation(holder.as_bytes(), Purpose::Connect, &what, proof);
    let typed = !asked.wish.typed.is_empty();
    if (typed || !is_own(&headers)) && !asked.confirmed.as_ref().is_some_and(proved) {
        let proof = integrations.confirmation(holder.as_bytes(), Purpose::Connect, &what);
        let link = asked.link(&id, &proof);
        let title = format!("Connect {service}?");
        let wish = format!("connect your {service} account to Aura");
        let question = Question {
            title: &title,
            wish: &wish,
            service,
            host: (typed && is_own(&headers)).then_some(host.as_str()),
            link: &link,
            back: ("/connections", "Back to connections"),
        };
        return Ok(quietly(Html(question.page(&stylesheet.0))));
    }
    integrations.limit_start(session.user).await?;
    let visitor = Visitor { person: Some(begun), browser: None };
    let next = match (asked.chat, asked.playlist) {
        (Some(id), _) => format!("/chat/{id}"),
        (None, Some(id)) => format!("/music/playlists/{id}"),
        (None, None) => "/connections".to_owned(),
    };
    let address = integrations.leave_with(Purpose::Connect, &id, visitor, &asked.wish, &next).await?;
    Ok(quietly(Redirect::to(address.as_str())))
}

/// What the address that begins a visit says.
struct Asked {
    wish: Wish,
    chat: Option<ConversationId>,
    playlist: Option<MusicPlaylistId>,
    confirmed: Option<String>,
}

impl Asked {
    fn read(provider: &Provider, query: &str) -> Result<Self, Error> {
        let mut asked = Self { wish: Wish::default(), chat: None, playlist: None, confirmed: None };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()).into_owned() {
            match name.as_str() {
                RECONNECT => {
                    asked.wish.reconnect = Some(value.parse().map_err(|_| Error::NotFound("connection"))?);
                }
                ADD => asked.wish.add.push(value),
                CHAT => asked.chat = value.parse().ok(),
                PLAYLIST => asked.playlist = value.parse().ok(),
                CONFIRMED => asked.confirmed = Some(value),
                _ if provider.typed().any(|blank| blank.name == name) => {
                    _ = asked.wish.typed.insert(name, value);
                }
                _ => {}
            }
        }
        Ok(asked)
    }

    /// Everything but what was typed and the proof.
    fn kept(&self) -> Vec<(String, String)> {
        let reconnect = self.wish.reconnect.map(|id| (RECONNECT.to_owned(), id.to_string()));
        let chat = self.chat.map(|id| (CHAT.to_owned(), id.to_string()));
        let add = self.wish.add.iter().map(|scope| (ADD.to_owned(), scope.clone()));
        let playlist = self.playlist.map(|id| (PLAYLIST.to_owned(), id.to_string()));
        reconnect.into_iter().chain(chat).chain(playlist).chain(add).collect()
    }

    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.kept()).extend_pairs(&self.wish.typed).finish()
    }

    /// What a proof is for: this service with this wish.
    fn what(&self, id: &str) -> String {
        format!("{id}?{}", self.query())
    }

    fn link(&self, id: &str, proof: &str) -> String {
        let query = self.query();
        let between = if query.is_empty() { "" } else { "&" };
        format!("/api/integrations/{id}?{CONFIRMED}={proof}{between}{query}")
    }

    fn form(&self, provider: &Provider, error: Option<(String, String)>, stylesheet: &Stylesheet) -> Response {
        let details = Details { provider, typed: &self.wish.typed, kept: self.kept(), error };
        quietly(Html(details.page(&stylesheet.0)))
    }
}

/// Takes what came back.
pub(super) async fn callback(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    session: Option<Extension<Session>>,
) -> Response {
    arrive(&integrations, Purpose::Connect, &id, query.as_deref(), session).await
}

/// Takes what came back to the address of this purpose.
pub(super) async fn arrive(
    integrations: &Integrations,
    door: Purpose,
    id: &str,
    query: Option<&str>,
    session: Option<Extension<Session>>,
) -> Response {
    let Some(Extension(session)) = session else { return quietly(signed_out()) };
    let begun = Start { user: session.user, session: session.id };
    let arrived = async {
        let returned = returned_to(Some(integrations.provider(id)?), query.unwrap_or_default())?;
        integrations.finish_at(door, begun, id, returned).await
    };
    match arrived.await {
        Ok(arrival) => quietly(went(&arrival, id)),
        Err(error) => match own_apps::mends(id, &error) {
            Some(there) => quietly(there),
            None => quietly(Refusal(told(error, session.role))),
        },
    }
}

/// A vendor that posts its answer: the browser's cookie does not come with a post from elsewhere, so nothing is read
/// of it, and the browser is sent to the same address once more by a link of ours.
pub(super) async fn posted(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let known: Vec<&str> = match integrations.provider(&id) {
        Ok(provider) => PARAMETERS.into_iter().chain(provider.callback_parameters()).collect(),
        Err(error) => return quietly(Refusal::from(error)),
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields.iter().filter(|(name, _)| known.contains(&name.as_str())));
    quietly(Redirect::to(&format!("/api/integrations/{id}/callback?{}", query.finish())))
}

/// The parameters of every vendor's callback.
const PARAMETERS: [&str; 5] = ["state", "code", "iss", "error", "error_description"];

/// Who cannot register an address is not shown one.
fn told(error: Error, role: Role) -> AppError {
    let unregistered = matches!(error, Error::Unregistered { .. });
    let mut told = AppError::from(error);
    if unregistered && role != Role::Admin {
        "The service does not know the way back to this installation, so nothing was connected. Whoever runs it has to mend that; tell them what you tried."
            .clone_into(&mut told.message);
    }
    told
}

fn went(arrival: &Arrival, id: &str) -> Redirect {
    Redirect::to(&match arrival {
        Arrival::Connected { next, .. } => format!("{next}?connected={id}"),
        Arrival::Asks { waiting } => format!("/api/integrations/{id}/choice/{waiting}"),
        Arrival::Cancelled => format!("/connections?cancelled={id}"),
    })
}

/// No redirect to the sign-in page here: its address would carry the code on.
fn signed_out() -> Refusal {
    let mut error = AppError::unauthenticated();
    "signed_out".clone_into(&mut error.code);
    "You are signed out, so nothing was connected. Sign in, then start again from the connections page."
        .clone_into(&mut error.message);
    Refusal(error)
}

/// A name that comes twice is read differently by different programs: none of its values is taken.
pub(super) fn returned(query: &str) -> Result<Returned, Error> {
    returned_to(None, query)
}

fn returned_to(provider: Option<&Provider>, query: &str) -> Result<Returned, Error> {
    let mut returned = Returned::default();
    let mut further = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()).into_owned() {
        let taken = match name.as_str() {
            "state" => returned.state.replace(value).is_some(),
            "code" => returned.code.replace(SecretString::from(value)).is_some(),
            "iss" => returned.iss.replace(value).is_some(),
            "error" => returned.error.replace(value).is_some(),
            "error_description" => returned.error_description.replace(value).is_some(),
            _ if provider.is_some_and(|entry| entry.callback_parameters().any(|known| known == name)) => {
                further.insert(name, value).is_some()
            }
            _ => false,
        };
        if taken {
            return Err(Error::BadReturn("duplicate_parameter"));
        }
    }
    returned.further = further;
    Ok(returned)
}

/// Shows what a consent still asks.
pub(super) async fn choice(
    State(integrations): State<Integrations>,
    Path((id, waiting)): Path<(String, String)>,
    Extension(stylesheet): Extension<Stylesheet>,
    CurrentSession(session): CurrentSession,
) -> Result<Response, Refusal> {
    let begun = Start { user: session.user, session: session.id };
    let (provider, asked) = integrations.waiting(begun, &id, parsed(&waiting)?).await?;
    let action = format!("/api/integrations/{id}/choice/{waiting}");
    Ok(quietly(Html(plain::waiting(provider, &action, asked, &stylesheet.0))))
}

/// What the page of a choice sends.
#[derive(Deserialize)]
pub(super) struct Chosen {
    answer: String,
    #[serde(default)]
    place: String,
}

/// Takes the answer.
pub(super) async fn choose(
    State(integrations): State<Integrations>,
    Path((id, waiting)): Path<(String, String)>,
    CurrentSession(session): CurrentSession,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Refusal> {
    let begun = Start { user: session.user, session: session.id };
    let answer = match chosen.answer.as_str() {
        "place" => Answer::Place(chosen.place),
        "replace" => Answer::Replace,
        "add" => Answer::Add,
        "cancel" => Answer::Cancel,
        _ => return Err(Error::NoSuchAnswer.into()),
    };
    let arrival = integrations.answer(begun, &id, parsed(&waiting)?, answer).await?;
    Ok(quietly(went(&arrival, &id)))
}

fn parsed(waiting: &str) -> Result<Uuid, Error> {
    waiting.parse().map_err(|_| Error::ChoiceGone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_refused() {
        for query in ["state=a&state=b", "state=a&code=1&code=1", "error=x&error=y", "iss=a&iss=a", "state=a&%73tate=b"]
        {
            assert!(returned(query).is_err(), "{query}");
        }
        let fine = returned("state=a&code=b&iss=c&scope=x&scope=y").ok().unwrap();
        assert_eq!((fine.state.as_deref(), fine.iss.as_deref()), (Some("a"), Some("c")));
        let quickbooks = crate::providers::catalogue().get("quickbooks");
        assert!(returned_to(quickbooks, "state=a&realmId=1&realmId=2").is_err());
        assert_eq!(returned_to(quickbooks, "realmId=1&other=2&other=3").ok().unwrap().further["realmId"], "1");
    }
}
