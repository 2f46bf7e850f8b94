//! Xero: which organisations a grant opens, and the accounting API of each.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{day, has, mentions, now, parts, refuse, word};
use crate::people::MIRA;
use crate::shelf::{Shelf, find};
use axum::response::Response;
use serde_json::{Value, json};

const TENANTS: [(&str, &str); 2] = [
    ("22222222-bbbb-4bbb-8bbb-000000000001", "Northbeam GmbH"),
    ("22222222-bbbb-4bbb-8bbb-000000000002", "Tideway Ltd"),
];
const CONTACTS: [(&str, &str, &str); 3] = [
    ("55555555-0000-4000-8000-000000000001", "Quayside Boats", "office@quayside.example"),
    ("55555555-0000-4000-8000-000000000002", "Rope & Sail", "bills@ropesail.example"),
    ("55555555-0000-4000-8000-000000000003", "City of Hamburg", "port@hamburg.example"),
];

/// Answers `api.xero.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["xero"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "AuthenticationUnsuccessful", denied.reason()),
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let path = match parts.as_slice() {
        ["connections"] => {
            let all = TENANTS.iter().map(|(id, name)| {
                json!({ "id": format!("c-{id}"), "tenantId": id, "tenantType": "ORGANISATION", "tenantName": name })
            });
            return answer::json(200, all.collect());
        }
        ["api.xro", "2.0", path @ ..] => path,
        _ => return wrong(404, "The resource you're looking for cannot be found", "no such address"),
    };
    let Some((tenant, name)) = TENANTS.iter().find(|(id, _)| call.header("xero-tenant-id") == Some(id)) else {
        return wrong(403, "AuthenticationUnsuccessful", "no tenant that this grant opens");
    };
    let method = call.method.as_str();
    let needed: &[&str] = match (method, path.first().copied().unwrap_or_default()) {
        (_, "Organisation") => &["accounting.settings.read", "accounting.settings"],
        ("GET", "Contacts") => &["accounting.contacts.read", "accounting.contacts"],
        (_, "Contacts") => &["accounting.contacts"],
        ("GET", "Payments") => &["accounting.payments.read", "accounting.payments", "accounting.transactions.read"],
        ("GET", "BankTransactions") => &["accounting.banktransactions.read", "accounting.transactions.read"],
        ("GET", _) => &["accounting.invoices.read", "accounting.invoices", "accounting.transactions.read"],
        _ => &["accounting.invoices", "accounting.transactions"],
    };
    if !has(&token, needed) {
        return wrong(401, "insufficient_scope", needed[0]);
    }
    let mut shelf = sandbox.shelf();
    let invoices = format!("xero/invoices/{tenant}");
    let contacts = format!("xero/contacts/{tenant}");
    match (method, path) {
        ("GET", ["Organisation"]) => answer::json(
            200,
            json!({ "Organisations": [{ "OrganisationID": tenant, "Name": name, "BaseCurrency": "EUR", "CountryCode": "DE" }] }),
        ),
        ("GET", ["Invoices"]) => invoices_like(call, shelf.list(&invoices, invoice_seed)),
        ("PUT", ["Invoices"]) => draft(call, &mut shelf, &invoices, &contacts),
        (_, ["Invoices", id, ..]) if find(shelf.list(&invoices, invoice_seed), "InvoiceID", id).is_none() => {
            wrong(404, "The resource you're looking for cannot be found", "unknown invoice")
        }
        ("PUT", ["Invoices", id, "History"]) => {
            let body = call.json();
            let Some(text) = word(&body, "/HistoryRecords/0/Details") else {
                return wrong(400, "A validation exception occurred", "a note without text");
            };
            let made = record(text);
            shelf.list(&format!("xero/history/{id}"), Vec::new).push(made.clone());
            answer::json(200, json!({ "HistoryRecords": [made] }))
        }
        ("GET", ["Invoices", id, "History"]) => {
            answer::json(200, json!({ "HistoryRecords": shelf.list(&format!("xero/history/{id}"), Vec::new) }))
        }
        ("GET", ["Contacts"]) => {
            let all = shelf.list(&contacts, contact_seed);
            let words = call.q("searchTerm").unwrap_or_default();
            let found: Vec<&Value> =
                all.iter().filter(|one| mentions(one, &["/Name", "/EmailAddress"], words)).collect();
            answer::json(200, json!({ "pagination": pages(found.len()), "Contacts": found }))
        }
        ("PUT", ["Contacts"]) => {
            let body = call.json();
            let Some(named) = word(&body, "/Contacts/0/Name") else {
                return wrong(400, "A validation exception occurred", "a contact without a name");
            };
            let id = format!("55555555-0000-4000-8000-{:012}", shelf.number());
            let made = contact(&id, named, word(&body, "/Contacts/0/EmailAddress").unwrap_or_default());
            let all = shelf.list(&contacts, contact_seed);
            if all.iter().any(|one| one["Name"] == named) {
                return wrong(400, "A validation exception occurred", "the contact name is already there");
            }
            all.push(made.clone());
            answer::json(200, json!({ "Contacts": [made] }))
        }
        ("GET", ["Payments"]) => {
            let all = [
                json!({ "PaymentID": "pay-1", "Date": dated(day(-4)), "Amount": 265.0, "Status": "AUTHORISED", "PaymentType": "ACCRECPAYMENT",
                "Invoice": { "InvoiceNumber": "INV-0006", "Contact": { "Name": "Quayside Boats" } } }),
            ];
            answer::json(200, json!({ "pagination": pages(1), "Payments": all }))
        }
        ("GET", ["BankTransactions"]) => {
            let one = |id: &str, kind: &str, who: &str, total: f64, days: i64| {
                json!({ "BankTransactionID": id, "Type": kind, "Contact": { "Name": who }, "Total": total, "CurrencyCode": "EUR", "IsReconciled": true,
                    "Date": dated(day(days)), "DateString": format!("{}T00:00:00", day(days)), "BankAccount": { "Name": "Business account" }, "Status": "AUTHORISED" })
            };
            let all =
                [one("bt-1", "RECEIVE", "Quayside Boats", 265.0, -4), one("bt-2", "SPEND", "Rope & Sail", 89.9, -6)];
            answer::json(200, json!({ "pagination": pages(2), "BankTransactions": all }))
        }
        _ => wrong(404, "The resource you're looking for cannot be found", "no such address"),
    }
}

fn wrong(status: u16, message: &str, reason: &str) -> Response {
    let body = json!({ "Title": message, "Status": status, "Detail": reason, "Message": message });
    refuse(status, body, format!("xero: {reason}"))
}

fn pages(count: usize) -> Value {
    json!({ "page": 1, "pageSize": 100, "pageCount": 1, "itemCount": count })
}

/// Xero's own way to write a day, beside which stands a readable one.
fn dated(date: String) -> String {
    format!("/Date({date})/")
}

fn record(text: &str) -> Value {
    json!({ "Details": text, "Changes": "Note", "User": MIRA.name, "DateUTC": dated(day(0)), "DateUTCString": now() })
}

fn contact(id: &str, name: &str, email: &str) -> Value {
    json!({ "ContactID": id, "Name": name, "EmailAddress": email, "ContactStatus": "ACTIVE", "IsCustomer": true, "IsSupplier": false })
}

fn contact_seed() -> Vec<Value> {
    CONTACTS.iter().map(|(id, name, email)| contact(id, name, email)).collect()
}

fn invoice(number: &str, kind: &str, status: &str, who: usize, due: f64, days: i64) -> Value {
    let (id, name, _) = CONTACTS.get(who).copied().unwrap_or(CONTACTS[0]);
    json!({ "InvoiceID": format!("66666666-0000-4000-8000-{number:0>12}"), "InvoiceNumber": format!("INV-{number}"), "Type": kind, "Status": status,
        "Contact": { "ContactID": id, "Name": name }, "AmountDue": due, "Total": due, "CurrencyCode": "EUR", "Reference": "",
        "Date": dated(day(days - 14)), "DueDate": dated(day(days)), "DueDateString": format!("{}T00:00:00", day(days)) })
}

fn invoice_seed() -> Vec<Value> {
    vec![
        invoice("0008", "ACCREC", "AUTHORISED", 0, 420.0, 6),
        invoice("0007", "ACCREC", "AUTHORISED", 2, 1_300.0, -3),
        invoice("0006", "ACCREC", "PAID", 0, 0.0, -8),
        invoice("0101", "ACCPAY", "AUTHORISED", 1, 89.9, 10),
    ]
}

/// `where` knows the type, `Statuses` a list, `searchTerm` words in the number and the reference.
fn invoices_like(call: &Call, all: &[Value]) -> Response {
    let filter = call.q("where").unwrap_or_default();
    let kind = filter.split_once("Type==\"").and_then(|(_, rest)| rest.split_once('"')).map(|(kind, _)| kind);
    if !filter.is_empty() && kind.is_none() {
        return wrong(400, "A validation exception occurred", "a filter that cannot be read");
    }
    let states: Vec<&str> = call.q("Statuses").map(|text| text.split(',').collect()).unwrap_or_default();
    let words = call.q("searchTerm").unwrap_or_default();
    let found: Vec<&Value> = all
        .iter()
        .filter(|one| kind.is_none_or(|kind| one["Type"] == kind))
        .filter(|one| states.is_empty() || states.iter().any(|state| one["Status"] == *state))
        .filter(|one| mentions(one, &["/InvoiceNumber", "/Reference"], words))
        .collect();
    answer::json(200, json!({ "pagination": pages(found.len()), "Invoices": found }))
}

fn draft(call: &Call, shelf: &mut Shelf, invoices: &str, contacts: &str) -> Response {
    let body = call.json();
    let asked = &body["Invoices"][0];
    let kind = asked["Type"].as_str().unwrap_or_default();
    if !["ACCREC", "ACCPAY"].contains(&kind) {
        return wrong(400, "A validation exception occurred", "an invoice without a type");
    }
    let wanted = word(asked, "/Contact/ContactID").unwrap_or_default();
    let Some(who) = find(shelf.list(contacts, contact_seed), "ContactID", wanted).cloned() else {
        return wrong(400, "A validation exception occurred", "the contact is not there");
    };
    let line = &asked["LineItems"][0];
    if word(line, "/Description").is_none() {
        return wrong(400, "A validation exception occurred", "a line without a description");
    }
    let total = line["UnitAmount"].as_f64().unwrap_or(0.0) * line["Quantity"].as_f64().unwrap_or(1.0);
    let list = shelf.list(invoices, invoice_seed);
    let mut made = invoice(&format!("{:04}", list.len() + 5), kind, "DRAFT", 0, total, 14);
    made["Contact"] = json!({ "ContactID": who["ContactID"], "Name": who["Name"] });
    if let Some(date) = word(asked, "/DueDate") {
        made["DueDateString"] = format!("{date}T00:00:00").into();
    }
    list.insert(0, made.clone());
    answer::json(200, json!({ "Invoices": [made] }))
}
