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

use super::unfinished::end_of_line;

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

/// As `render`, for a text that is still being written: it ends in a newline where the next block begins, and without
/// one where the last line goes on; then the blanks at its end stay.
#[must_use]
pub fn render_unfinished(source: &str) -> String {
    let html = render(source);
    let html = html.trim_end();
    if html.is_empty() {
        return String::new();
    }
    let blanks = &source[source.trim_end().len()..];
    let (line, ends) = html.split_at(end_of_line(html));
    // A single newline ends a line only in a paragraph that stands by itself: elsewhere the next item may follow.
    let goes_on = !ends.is_empty()
        && match blanks.matches('\n').count() {
            0 => true,
            1 => ends == "</p>",
            _ => false,
        };
    match goes_on {
        false => format!("{html}\n"),
        true if blanks.is_empty() => html.to_owned(),
        true => format!("{line} {ends}"),
    }
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
    use crate::chat::unfinished::continued;

    /// What somebody reads in HTML: its words with one blank between them. A paragraph begins a word.
    fn words(html: &str) -> String {
        let html = html.replace("<p>", " <p>");
        let text: String = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_17_what_comes_joins_the_line_that_it_belongs_to() {
        let text =
            "Here is a line,\nand it goes on. And on\u{2026}\n\nThe second paragraph: it \u{fc}ber-ends.\n\nA third.";
        let whole: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for (number, cut) in cuts.iter().enumerate() {
            for end in cuts[number..].iter().take(9) {
                let html = continued(&render_unfinished(&text[..*cut]), &text[*cut..*end]);
                let shown = words(&html);
                assert!(whole.starts_with(&shown), "{cut} to {end}: {shown}");
                assert_eq!(html.matches("<p>").count(), html.matches("</p>").count(), "{html}");
            }
        }
        for (source, html) in [
            ("- one\n- tw", "<ul>\n<li>one</li>\n<li>tw</li>\n</ul>"),
            ("- one\n", "<ul>\n<li>one</li>\n</ul>\n"),
            ("a ", "<p>a </p>"),
            ("a\n", "<p>a </p>"),
            ("a\n\n", "<p>a</p>\n"),
            ("", ""),
        ] {
            assert_eq!(render_unfinished(source), html, "{source:?}");
        }
    }

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
