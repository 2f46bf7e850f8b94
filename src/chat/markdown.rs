//! Markdown to HTML that is safe to put into a page: raw HTML is shown as text, pictures become links, addresses are
//! limited to the web and mail, and links neither hand over the page nor tell where they were clicked.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};
use comrak::{
    Arena, Options, format_html,
    nodes::{NodeLink, NodeValue},
    parse_document,
};

/// Renders and sanitises.
#[must_use]
pub fn render(source: &str) -> String {
    let arena = Arena::new();
    let options = options();
    let root = parse_document(&arena, source, &options);
    let mut deepest = 1;
    for node in root.descendants() {
        let value = &mut node.data.borrow_mut().value;
        match value {
            // A picture from elsewhere would tell its server what was read here.
            NodeValue::Image(link) => {
                let link: Box<NodeLink> = link.clone();
                *value = NodeValue::Link(link);
            }
            // The page's title stands above these, and no level is left out on the way down.
            NodeValue::Heading(heading) => {
                heading.level = heading.level.saturating_add(1).clamp(2, deepest + 1).min(6);
                deepest = heading.level;
            }
            _ => {}
        }
    }
    let mut html = String::with_capacity(source.len() * 2);
    if format_html(root, &options, &mut html).is_err() {
        return String::new();
    }
    furnish(&CLEANER.clean(&html).to_string())
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.render.escape = true;
    options
}

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let tags: HashSet<&str> = [
        "p",
        "br",
        "strong",
        "em",
        "del",
        "code",
        "pre",
        "a",
        "ul",
        "ol",
        "li",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "hr",
    ]
    .into();
    let attributes: HashMap<&str, HashSet<&str>> =
        [("a", ["href", "title"].into()), ("code", ["class"].into()), ("ol", ["start"].into())].into();
    let mut builder = Builder::empty();
    builder
        .tags(tags)
        .tag_attributes(attributes)
        .url_schemes(["http", "https", "mailto"].into())
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener nofollow noreferrer"))
        .set_tag_attribute_value("a", "target", "_blank")
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("code", "class") => language(value).map(|_| value.into()),
            // Only our own pages may be meant by an address without a host.
            ("a", "href") if value.starts_with("//") || value.starts_with('\\') || value.starts_with("/\\") => None,
            ("ol", "start") if value.parse::<u32>().is_err() => None,
            _ => Some(value.into()),
        });
    builder
});

fn language(class: &str) -> Option<&str> {
    let name = class.strip_prefix("language-")?;
    let sound = |character: char| character.is_ascii_alphanumeric() || "+-#._".contains(character);
    (!name.is_empty() && name.len() <= 30 && name.chars().all(sound)).then_some(name)
}

/// Puts code and tables into the frames that the design has for them. The text is clean, so a `<` begins a tag.
fn furnish(html: &str) -> String {
    let html = html
        .replace(
            "<table>",
            "<div class=\"table-scroll\" role=\"region\" aria-label=\"Table\" tabindex=\"0\"><table class=\"table\">",
        )
        .replace("</table>", "</table></div>")
        .replace("<th>", "<th scope=\"col\">");
    let mut pieces = html.split("<pre>");
    let mut out = String::with_capacity(html.len() + 256);
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let class =
            piece.strip_prefix("<code class=\"").and_then(|rest| rest.split_once('"')).map_or("", |(class, _)| class);
        let caption = language(class).unwrap_or("Text");
        out.push_str("<figure class=\"code\"><figcaption>");
        // The alphabet of `language` has nothing to escape.
        out.push_str(caption);
        out.push_str("</figcaption><pre tabindex=\"0\">");
        out.push_str(&piece.replacen("</pre>", "</pre></figure>", 1));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_follow_the_title_without_a_gap() {
        let html = render("### Calendar\n\n###### Detail\n\n# Issues");
        let levels: Vec<&str> = html.split("<h").skip(1).map(|tag| &tag[..1]).collect();
        assert_eq!(levels, ["2", "3", "2"], "{html}");
    }

    #[test]
    fn what_people_write_is_kept() {
        assert_eq!(render("a **b** _c_"), "<p>a <strong>b</strong> <em>c</em></p>\n");
        let code = render("```sh\nls <x>\n```");
        assert!(code.contains("<figure class=\"code\"><figcaption>sh</figcaption><pre tabindex=\"0\"><code class=\"language-sh\">ls &lt;x&gt;"), "{code}");
        assert!(code.trim_end().ends_with("</pre></figure>"), "{code}");
        let table = render("|a|b|\n|-|-|\n|1|2|");
        assert!(table.contains("<table class=\"table\">") && table.contains("</table></div>"), "{table}");
        assert!(render("# t").starts_with("<h2>"), "{}", render("# t"));
        let link = render("[a](https://a.example)");
        assert!(link.contains("rel=\"noopener nofollow noreferrer\"") && link.contains("target=\"_blank\""), "{link}");
    }

    #[test]
    fn an_12_nothing_that_runs_or_calls_home_gets_through() {
        let corpus = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "![a](https://evil.example/p.png)",
            "![a](https://evil.example/p.png \"t\")",
            "[a](javascript:alert(1))",
            "[a](JaVaScRiPt:alert(1))",
            "[a](&#106;avascript:alert(1))",
            "[a](java\tscript:alert(1))",
            "[a](data:text/html,<script>alert(1)</script>)",
            "[a](vbscript:x)",
            "[a](//evil.example)",
            "[a](/\\evil.example)",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<svg onload=alert(1)>",
            "<iframe src=https://evil.example></iframe>",
            "<style>@import 'https://evil.example'</style>",
            "<form action=https://evil.example><input></form>",
            "```\"><script>alert(1)</script>\nx\n```",
            "```x\" onmouseover=\"alert(1)\nx\n```",
            "<details open ontoggle=alert(1)>",
            "[x]: javascript:alert(1)\n\n[x]",
            "<https://a.example/\"onmouseover=alert(1)>",
            "`<script>`",
            "<!--<img src=x onerror=alert(1)>-->",
            "<math><mtext></mtext><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
            "a<br/><base href=https://evil.example>",
            "<meta http-equiv=refresh content=0;url=https://evil.example>",
        ];
        for source in corpus {
            let html = render(source);
            let tags: Vec<&str> =
                html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()).collect();
            for tag in tags {
                let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
                let known = [
                    "p",
                    "br",
                    "strong",
                    "em",
                    "del",
                    "code",
                    "pre",
                    "a",
                    "ul",
                    "ol",
                    "li",
                    "blockquote",
                    "figure",
                    "figcaption",
                    "h2",
                    "h3",
                    "h4",
                    "h5",
                    "h6",
                ];
                assert!(known.contains(&name), "{source} gave {html}");
                for bad in [" on", "javascript:", "vbscript:", "data:", "src=", "\"//", "style="] {
                    assert!(!tag.to_lowercase().contains(bad), "{source} gave {html}");
                }
            }
        }
    }
}
