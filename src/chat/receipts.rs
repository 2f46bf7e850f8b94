//! Receipts: the numbers behind an answer's statements lead to what these came from. A model writes `[3]` behind what it
//! took from the third thing that was read; where that thing has an address, the number becomes a link to it.

use super::model::CardItem;

/// Within these nothing is linked: a link already leads somewhere, and code is what it is.
const CLOSED: [&str; 3] = ["a", "code", "pre"];

/// Rendered HTML with its numbers as links. What is put in is escaped; the rest stays as it is.
#[must_use]
pub fn linked<'a>(html: &str, items: impl Iterator<Item = &'a CardItem>) -> String {
    let items: Vec<&CardItem> = items.filter(|item| item.link.is_some()).collect();
    if items.is_empty() || !html.contains('[') {
        return html.to_owned();
    }
    let mut out = String::with_capacity(html.len() * 2);
    let (mut rest, mut depth) = (html, 0_usize);
    while !rest.is_empty() {
        let is_tag = rest.starts_with('<');
        let end = if is_tag { rest.find('>').map(|at| at + 1) } else { rest.find('<') };
        let (piece, behind) = rest.split_at(end.unwrap_or(rest.len()));
        if is_tag {
            let name = piece.trim_start_matches(['<', '/']).split([' ', '>', '/']).next().unwrap_or_default();
            if CLOSED.contains(&name) {
                depth = if piece.starts_with("</") { depth.saturating_sub(1) } else { depth + 1 };
            }
        }
        if is_tag || depth > 0 {
            out.push_str(piece);
        } else {
            number(&mut out, piece, &items);
        }
        rest = behind;
    }
    out
}

/// Copies a text, with a link in the place of each number that has one.
fn number(out: &mut String, text: &str, items: &[&CardItem]) {
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('[') {
        out.push_str(before);
        let found = behind.split_once(']').and_then(|(digits, after)| {
            let plain = (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            let n: u32 = if plain { digits.parse().ok()? } else { return None };
            let item = items.iter().find(|item| item.n == n)?;
            Some((n, item.link.as_deref()?, item.title.as_str(), after))
        });
        match found {
            Some((n, link, title, after)) => {
                let (link, title) = (escaped(link), escaped(title));
                out.push_str(&format!(
                    "<a class=\"receipt\" href=\"{link}\" title=\"{title}\" target=\"_blank\" \
                     rel=\"noopener nofollow noreferrer external\">[{n}]</a>"
                ));
                rest = after;
            }
            None => {
                out.push('[');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
}

/// As the value of an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(n: u32, link: Option<&str>) -> CardItem {
        CardItem { n, title: format!("Issue \"{n}\" <b>"), note: String::new(), link: link.map(str::to_owned) }
    }

    #[test]
    fn a_number_leads_to_what_it_stands_for_and_to_nothing_else() {
        let items = [
            item(1, Some("https://a.example/?x=1&y=\"><script>")),
            item(2, None),
            item(12, Some("https://b.example/")),
        ];
        let html = linked("<p>One [1], two [2], twelve [12][13] [x] [01234] [</p>", items.iter());
        assert_eq!(html.matches("<a ").count(), 2, "{html}");
        assert!(html.contains("href=\"https://a.example/?x=1&amp;y=&quot;&gt;&lt;script&gt;\""), "{html}");
        assert!(html.contains(">[1]</a>, two [2], twelve <a "), "{html}");
        assert!(html.contains(">[12]</a>[13] [x] [01234] [</p>"), "{html}");
        assert!(html.contains("title=\"Issue &quot;1&quot; &lt;b&gt;\""), "{html}");
    }

    #[test]
    fn code_and_links_stay_as_they_are() {
        let items = [item(1, Some("https://a.example/"))];
        for html in [
            "<pre tabindex=\"0\"><code>list[1]</code></pre>",
            "<p><code>a[1]</code> <a href=\"https://b.example/\" title=\"a > [1]\">see [1]</a></p>",
            "<p>nothing</p>",
            "<p>[1</p>",
            "[",
        ] {
            assert_eq!(linked(html, items.iter()), html);
        }
        assert!(linked("<p><code>x</code> [1]</p>", items.iter()).contains("</code> <a class=\"receipt\""));
    }
}
