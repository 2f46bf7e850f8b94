use super::error::{ErrorPage, ErrorPageProps};
use leptos::prelude::*;

/// A complete document around the view of a public page: one stylesheet, no script, nothing about the visitor.
pub fn public_document(
    title: &str,
    description: &str,
    canonical: &str,
    stylesheet: &str,
    body: impl FnOnce() -> AnyView,
) -> String {
    let head = format!(
        r#"<meta name="description" content="{description}"><link rel="canonical" href="{canonical}"><meta property="og:title" content="{title}"><meta property="og:description" content="{description}">"#,
        title = escape(title),
        description = escape(description),
        canonical = escape(canonical),
    );
    document(title, &head, stylesheet, body)
}

/// The same for a page that search engines shall leave alone.
pub fn unlisted_document(title: &str, stylesheet: &str, body: impl FnOnce() -> AnyView) -> String {
    document(title, r#"<meta name="robots" content="noindex">"#, stylesheet, body)
}

/// What others see of a page when somebody sends them its address (the Open Graph protocol, <https://ogp.me>).
pub struct Preview<'a> {
    pub title: &'a str,
    pub description: &'a str,
    /// Where the page is, in full.
    pub address: &'a str,
    /// Where a picture of 1200 × 630 is, in full, and what it shows.
    pub picture: &'a str,
    pub alt: &'a str,
}

/// The same with what others see who are sent its address.
pub fn unlisted_preview(preview: &Preview<'_>, stylesheet: &str, body: impl FnOnce() -> AnyView) -> String {
    let Preview { title, description, address, picture, alt } = preview;
    let property = |name: &str, value: &str| format!(r#"<meta property="{name}" content="{}">"#, escape(value));
    let head = [
        r#"<meta name="robots" content="noindex"><meta name="twitter:card" content="summary_large_image">"#.to_owned(),
        format!(r#"<meta name="description" content="{}">"#, escape(description)),
        format!(r#"<link rel="canonical" href="{}">"#, escape(address)),
        property("og:type", "profile"),
        property("og:title", title),
        property("og:description", description),
        property("og:url", address),
        property("og:image", picture),
        property("og:image:type", "image/png"),
        property("og:image:width", "1200"),
        property("og:image:height", "630"),
        property("og:image:alt", alt),
    ];
    document(title, &head.concat(), stylesheet, body)
}

/// The same for a page with a script. Its parts: the address of the script, that of what it loads, and the nonce of the
/// styles that are written there.
pub fn scripted_document(
    title: &str,
    scripts: Option<(&str, &str, &str)>,
    stylesheet: &str,
    body: impl FnOnce() -> AnyView,
) -> String {
    let head = scripts.map_or_else(String::new, |(script, scalar, nonce)| {
        let (script, scalar, nonce) = (escape(script), escape(scalar), escape(nonce));
        format!(
            r#"<meta property="csp-nonce" content="{nonce}"><script src="{script}" data-scalar="{scalar}" defer></script>"#
        )
    });
    document(title, &head, stylesheet, body)
}

/// The document of a refusal. It is not for search engines and has no address of its own.
pub fn error_document(
    status: u16,
    title: &str,
    message: &str,
    code: &str,
    request_id: &str,
    stylesheet: &str,
    staging: bool,
) -> String {
    let props = ErrorPageProps {
        status,
        title: title.to_owned(),
        message: message.to_owned(),
        request_id: Some(request_id.to_owned()).filter(|id| !id.is_empty()),
        code: Some(code.to_owned()).filter(|code| !code.is_empty()),
        staging,
    };
    document(title, r#"<meta name="robots" content="noindex">"#, stylesheet, || ErrorPage(props).into_any())
}

fn document(title: &str, head: &str, stylesheet: &str, body: impl FnOnce() -> AnyView) -> String {
    // Signals need an owner; this one ends with the page.
    let owner = Owner::new();
    let body = owner.with(|| body().to_html());
    let title = escape(title);
    let stylesheet = escape(stylesheet);
    format!(
        r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} · Aura</title><meta name="color-scheme" content="light dark">{head}<link rel="icon" href="/icons/aura.svg" type="image/svg+xml"><link rel="preload" href="/fonts/inter-latin-variable.woff2" as="font" type="font/woff2" crossorigin><link rel="stylesheet" href="{stylesheet}"></head><body>{body}</body></html>"#
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_cannot_leave_its_place() {
        let html = error_document(404, "<b>", "<script>alert(1)</script>", "not_found", "a\"b", "/s.css", false);
        assert!(html.contains("<title>&lt;b&gt; · Aura</title>"));
        assert!(!html.contains("<script"));
        assert!(html.contains("noindex") && html.contains("not_found"));
    }
}
