//! What servers ask with their secret: people, one, many, looked up, made, changed, deleted.

use crate::privy::accounts::{self, handle, text};
use crate::privy::ask::Ask;
use crate::privy::problem::{Outcome, Problem, Reply, ok};
use crate::privy::state::Privy;
use crate::privy::users::{User, stamped};
use serde_json::{Map, Value, json};

/// People on a page unless the caller says otherwise, and at most.
const PAGE: u64 = 100;
/// Bytes of metadata a person can have.
const METADATA_LIMIT: usize = 1_024;

/// `GET /users?cursor&limit`, in the order they came.
pub fn list(privy: &Privy, ask: &Ask<'_>) -> Outcome {
    let after = match ask.call.q("cursor").filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => cursor
            .strip_prefix('c')
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| Problem::data("Invalid cursor"))?,
    };
    let limit = match ask.call.q("limit") {
        None => PAGE,
        Some(limit) => limit
            .parse()
            .ok()
            .filter(|n| (1..=PAGE).contains(n))
            .ok_or_else(|| Problem::data("limit must be 1 to 100"))?,
    };
    let mut rest = privy.users.iter().filter(|user| user.number > after);
    let page: Vec<&User> = rest.by_ref().take(usize::try_from(limit).unwrap_or(100)).collect();
    let next = rest.next().and_then(|_| page.last()).map(|last| format!("c{}", last.number));
    ok(json!({ "data": page.iter().map(|user| user.json()).collect::<Vec<_>>(), "next_cursor": next }))
}

/// `POST /users`.
pub fn create(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let inputs = ask.body.get("linked_accounts").and_then(Value::as_array).filter(|list| !list.is_empty());
    let inputs = inputs.ok_or_else(|| Problem::data("linked_accounts must have at least one account"))?;
    let metadata = ask.body.get("custom_metadata").map(metadata).transpose()?;
    let mut all: Vec<Value> = Vec::new();
    for input in inputs {
        let account = accounts::imported(input)?;
        let key = handle(&account);
        if let Some(holder) = privy.holder(&key) {
            let mut problem = Problem::new(400, "linked_to_another_user", "Account is already linked to another user");
            problem.data = Some(json!({ "user_id": holder.id }));
            return Err(problem);
        }
        if all.iter().any(|other| handle(other) == key || (accounts::single(&key.0) && text(other, "type") == key.0)) {
            return Err(Problem::new(400, "cannot_link_more_of_type", format!("Cannot link more than one {}", key.0)));
        }
        all.push(unproven(account, privy.now()));
    }
    let seed = all.first().map(handle).map(|(kind, found)| format!("{kind} {found}")).unwrap_or_default();
    let id = privy.create(&seed, all, None);
    let user = privy.user_mut(&id)?;
    user.metadata = metadata;
    ok(user.json())
}

/// `GET /users/{id}`.
pub fn show(privy: &Privy, id: &str) -> Outcome {
    ok(privy.user(id).ok_or_else(|| Problem::missing("User not found"))?.json())
}

/// `DELETE /users/{id}`.
pub fn delete(privy: &mut Privy, id: &str) -> Outcome {
    privy.delete(id)?;
    Ok(Reply { status: 204, body: Value::Null })
}

/// `POST /users/{kind}/{field}`: whoever has the account.
pub fn look_up(privy: &Privy, ask: &Ask<'_>, kind: &str, field: &str) -> Outcome {
    let wanted = match (kind, field) {
        ("email", "address") => accounts::email(ask.text("address")?)?,
        ("phone", "number") => accounts::phone(ask.text("number")?)?,
        ("wallet" | "smart_wallet", "address") => json!({ "type": kind, "address": ask.text("address")? }),
        ("custom_auth", "id") => json!({ "type": kind, "custom_user_id": ask.text("custom_user_id")? }),
        ("farcaster", "fid") => json!({ "type": kind, "fid": ask.body.get("fid").and_then(Value::as_u64) }),
        ("telegram", "telegram_user_id") => json!({ "type": kind, "telegram_user_id": ask.text(field)? }),
        ("spotify" | "twitter", "subject") => json!({ "type": format!("{kind}_oauth"), "subject": ask.text(field)? }),
        ("discord" | "github" | "twitter" | "instagram" | "twitch" | "telegram", "username") => {
            let kind = if kind == "telegram" { kind.to_owned() } else { format!("{kind}_oauth") };
            return by_name(privy, &kind, ask.text(field)?);
        }
        _ => return Err(Problem::missing("Not found")),
    };
    ok(privy.holder(&handle(&wanted)).ok_or_else(|| Problem::missing("User not found"))?.json())
}

fn by_name(privy: &Privy, kind: &str, name: &str) -> Outcome {
    let has = |user: &&User| user.accounts.iter().any(|a| text(a, "type") == kind && text(a, "username") == name);
    ok(privy.users.iter().find(has).ok_or_else(|| Problem::missing("User not found"))?.json())
}

/// `POST /users/search`. By `/api/v1` a list, as `server-auth` reads it; by `/v1` one person, as the OpenAPI has it.
pub fn search(privy: &Privy, ask: &Ask<'_>) -> Outcome {
    let words = |name: &str| -> Vec<String> {
        let list = ask.body.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_lowercase).collect()
    };
    let term = ask.option("searchTerm").map(str::to_lowercase);
    let exact: Vec<String> = ["emails", "phoneNumbers", "walletAddresses"].into_iter().flat_map(words).collect();
    if term.is_none() && !ask.body.get("emails").is_some_and(Value::is_array) {
        return Err(Problem::data("searchTerm or emails, phoneNumbers and walletAddresses must be there"));
    }
    let fits = |account: &Value| {
        let found = handle(account).1.to_lowercase();
        let near = |name: &str| term.as_ref().is_some_and(|term| text(account, name).to_lowercase().contains(term));
        exact.contains(&found)
            || term.as_ref().is_some_and(|term| found.contains(term))
            || near("email")
            || near("name")
    };
    let found: Vec<Value> = privy.users.iter().filter(|user| user.accounts.iter().any(fits)).map(User::json).collect();
    if ask.older {
        return ok(json!({ "data": found, "next_cursor": null }));
    }
    ok(found.into_iter().next().ok_or_else(|| Problem::missing("User not found"))?)
}

/// `POST|PATCH /users/{id}/custom_metadata`: put in the place of the old, or on top of it.
pub fn set_metadata(privy: &mut Privy, ask: &Ask<'_>, id: &str) -> Outcome {
    let fresh = metadata(ask.body.get("custom_metadata").unwrap_or(&Value::Null))?;
    let user = privy.user_mut(id)?;
    if ask.call.method == "PATCH" {
        let mut merged = user.metadata.clone().unwrap_or_default();
        merged.extend(fresh);
        user.metadata = Some(metadata(&Value::Object(merged))?);
    } else {
        user.metadata = Some(fresh);
    }
    ok(user.json())
}

/// `POST /users/{id}/accounts`.
pub fn add_account(privy: &mut Privy, ask: &Ask<'_>, id: &str) -> Outcome {
    ok(privy.link(id, accounts::imported(&ask.body)?)?)
}

/// `POST /users/{id}/accounts/unlink {type, handle}`.
pub fn remove_account(privy: &mut Privy, ask: &Ask<'_>, id: &str) -> Outcome {
    let (kind, named) = (ask.text("type")?.to_owned(), ask.text("handle")?);
    let named = match kind.as_str() {
        "email" => named.to_lowercase(),
        "wallet" | "smart_wallet" if named.starts_with("0x") => named.to_lowercase(),
        _ => named.to_owned(),
    };
    ok(privy.unlink(id, &(kind, named))?)
}

/// An account that a server claims: its owner has not proven it yet.
fn unproven(account: Value, now: i64) -> Value {
    let mut account = stamped(account, now);
    if let Some(object) = account.as_object_mut() {
        object.insert("first_verified_at".into(), Value::Null);
        object.insert("latest_verified_at".into(), Value::Null);
    }
    account
}

fn metadata(value: &Value) -> Result<Map<String, Value>, Problem> {
    let object = value.as_object().ok_or_else(|| Problem::data("custom_metadata must be an object"))?;
    let flat = object.values().all(|value| value.is_string() || value.is_number() || value.is_boolean());
    if !flat || value.to_string().len() > METADATA_LIMIT {
        return Err(Problem::data("custom_metadata takes texts, numbers and booleans, 1 KB in all"));
    }
    Ok(object.clone())
}
