//! From one page of a list to the next.

use http::HeaderMap;
use serde_json::Value;
use url::Url;

use super::{items, template};
use crate::providers::Pages;

/// How the next page is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// With this parameter.
    Parameter(String, String),
    /// With this value at this pointer in the body.
    Field(String, String),
    /// With this GraphQL variable.
    Variable(String, String),
    /// At this address.
    Address(Url),
}

/// What was just read.
pub(super) struct Page<'a> {
    pub(super) url: &'a Url,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a Value,
    /// Pointer to the list.
    pub(super) list: &'a str,
    /// Counted from 0.
    pub(super) number: usize,
}

/// The way to the next page; none after the last.
pub(super) fn next(pages: &Pages, page: &Page<'_>) -> Option<Turn> {
    let count = items::entries(page.body, page.list).len();
    // What says whether there is more is believed; without it a page that is not full is the last.
    let full = |more: &Option<String>, size: usize| match more {
        Some(pointer) => says_yes(page.body, pointer) && count > 0,
        None => count >= size && count > 0,
    };
    match pages {
        Pages::Cursor { cursor, parameter, field, more } => {
            if more.as_ref().is_some_and(|pointer| !says_yes(page.body, pointer)) {
                return None;
            }
            let mark = template::text(page.body.pointer(cursor)?)?;
            match (parameter, field) {
                (Some(name), _) => Some(Turn::Parameter(name.clone(), mark)),
                (None, Some(pointer)) => Some(Turn::Field(pointer.clone(), mark)),
                (None, None) => None,
            }
        }
        Pages::Number { parameter, first, size, more } => {
            let number = u64::from(*first) + page.number as u64 + 1;
            full(more, *size).then(|| Turn::Parameter(parameter.clone(), number.to_string()))
        }
        Pages::Offset { parameter, size, more } => {
            let skip = size.saturating_mul(page.number + 1);
            full(more, *size).then(|| Turn::Parameter(parameter.clone(), skip.to_string()))
        }
        Pages::Last { parameter, value, size } => {
            let last = items::entries(page.body, page.list).last()?;
            let mark = template::text(last.pointer(value)?)?;
            (count >= *size).then(|| Turn::Parameter(parameter.clone(), mark))
        }
        Pages::Link => same_place(page.url, linked(page.headers)?),
        Pages::Next { pointer } => same_place(page.url, page.body.pointer(pointer)?.as_str()?),
        Pages::Graphql { info, variable } => {
            let info = page.body.pointer(info)?;
            let mark = template::text(info.get("endCursor")?)?;
            (info.get("hasNextPage") == Some(&Value::Bool(true))).then(|| Turn::Variable(variable.clone(), mark))
        }
    }
}

fn says_yes(body: &Value, pointer: &str) -> bool {
    body.pointer(pointer) == Some(&Value::Bool(true))
}

/// The address with `rel="next"` in the `Link` header (RFC 8288).
fn linked(headers: &HeaderMap) -> Option<&str> {
    let links = headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
    links.flat_map(|text| text.split(',')).find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next =
            parameters.split(';').filter_map(|parameter| parameter.trim().split_once('=')).any(|(name, value)| {
                let relations = value.trim_matches('"');
                name.trim().eq_ignore_ascii_case("rel")
                    && relations.split_whitespace().any(|word| word.eq_ignore_ascii_case("next"))
            });
        is_next.then_some(address)
    })
}

/// The token goes along: no reply may send it to another place.
fn same_place(asked: &Url, address: &str) -> Option<Turn> {
    let next = asked.join(address).ok()?;
    let plain = next.username().is_empty() && next.password().is_none() && next.fragment().is_none();
    (plain && next.scheme() == "https" && next.origin() == asked.origin()).then_some(Turn::Address(next))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn turn(pages: &Value, body: &Value, number: usize, link: Option<&str>) -> Option<Turn> {
        let url = Url::parse("https://api.vendor.example/v1/things?limit=2").unwrap();
        let mut headers = HeaderMap::new();
        if let Some(link) = link {
            headers.insert("link", link.parse().unwrap());
        }
        let pages = serde_json::from_value(pages.clone()).unwrap();
        next(&pages, &Page { url: &url, headers: &headers, body, list: "/data", number })
    }

    fn parameter(name: &str, value: &str) -> Option<Turn> {
        Some(Turn::Parameter(name.into(), value.into()))
    }

    #[test]
    fn each_dialect_finds_the_next_page_and_the_end() {
        let two = json!([{"id": 1}, {"id": 2}]);
        let one = json!([{"id": 3}]);
        let cursor = json!({"by": "cursor", "cursor": "/next", "parameter": "after"});
        assert_eq!(turn(&cursor, &json!({"next": "x"}), 0, None), parameter("after", "x"));
        for last in [json!({}), json!({"next": null}), json!({"next": ""})] {
            assert_eq!(turn(&cursor, &last, 0, None), None);
        }
        let marked = json!({"by": "cursor", "cursor": "/next", "field": "/page/after", "more": "/more"});
        let field = Some(Turn::Field("/page/after".into(), "4".into()));
        assert_eq!(turn(&marked, &json!({"next": 4, "more": true}), 0, None), field);
        assert_eq!(turn(&marked, &json!({"next": 4, "more": false}), 0, None), None);
        let number = json!({"by": "number", "parameter": "page", "size": 2});
        assert_eq!(turn(&number, &json!({"data": two}), 1, None), parameter("page", "3"));
        assert_eq!(turn(&number, &json!({"data": one}), 1, None), None);
        let offset = json!({"by": "offset", "parameter": "skip", "size": 2, "more": "/more"});
        assert_eq!(turn(&offset, &json!({"data": two, "more": true}), 1, None), parameter("skip", "4"));
        assert_eq!(turn(&offset, &json!({"data": two, "more": false}), 1, None), None);
        assert_eq!(turn(&offset, &json!({"data": [], "more": true}), 1, None), None, "no end of empty pages");
        let last = json!({"by": "last", "parameter": "after", "value": "/id", "size": 2});
        assert_eq!(turn(&last, &json!({"data": two}), 0, None), parameter("after", "2"));
        assert_eq!(turn(&last, &json!({"data": one}), 0, None), None);
        let graph = json!({"by": "graphql", "info": "/data/things/pageInfo"});
        let info = |more: bool| json!({"data": {"things": {"pageInfo": {"endCursor": "c", "hasNextPage": more}}}});
        assert_eq!(turn(&graph, &info(true), 0, None), Some(Turn::Variable("after".into(), "c".into())));
        assert_eq!(turn(&graph, &info(false), 0, None), None);
    }

    #[test]
    fn addresses_are_followed_only_within_the_same_place() {
        let next = json!({"by": "next", "pointer": "/next"});
        let link = json!({"by": "link"});
        let there = |address: &str| Some(Turn::Address(Url::parse(address).unwrap()));
        let followed = [
            ("https://api.vendor.example/v1/things?page=2", "https://api.vendor.example/v1/things?page=2"),
            ("/v1/things?page=2", "https://api.vendor.example/v1/things?page=2"),
            ("?page=2", "https://api.vendor.example/v1/things?page=2"),
        ];
        for (told, address) in followed {
            assert_eq!(turn(&next, &json!({"next": told}), 0, None), there(address), "{told}");
            let header = format!("<https://api.vendor.example/first>; rel=\"first\", <{told}>; rel=\"next\"");
            assert_eq!(turn(&link, &json!({}), 0, Some(&header)), there(address), "{told}");
        }
        let elsewhere = [
            "https://evil.example/v1/things",
            "https://api.vendor.example.evil.example/v1",
            "https://api.vendor.example:8443/v1/things",
            "http://api.vendor.example/v1/things",
            "https://me@api.vendor.example/v1/things",
            "//evil.example/v1/things",
            "javascript:alert(1)",
            "https://169.254.169.254/latest",
        ];
        for told in elsewhere {
            assert_eq!(turn(&next, &json!({"next": told}), 0, None), None, "{told}");
            assert_eq!(turn(&link, &json!({}), 0, Some(&format!("<{told}>; rel=next"))), None, "{told}");
        }
        assert_eq!(turn(&next, &json!({"next": {"url": "x"}}), 0, None), None);
        assert_eq!(turn(&link, &json!({}), 0, Some("</v1?page=0>; rel=\"prev\"")), None);
    }
}
