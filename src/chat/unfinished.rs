//! Where a text goes on that is still being written. What has been rendered is followed by what came after it, as plain
//! text; both are one text to whoever reads along, so the second belongs into the last line of the first.
//!
//! The server says by the last character of the HTML whether that line goes on: a newline there means that the next
//! block begins.

/// The ends of blocks in which a line can go on.
const ENDS: [&str; 10] =
    ["</p>", "</li>", "</ul>", "</ol>", "</blockquote>", "</h2>", "</h3>", "</h4>", "</h5>", "</h6>"];

/// Where the last line of rendered HTML ends: before the ends of the blocks that it stands in. The length of the HTML
/// where that is no such block.
#[must_use]
pub(super) fn end_of_line(html: &str) -> usize {
    let mut rest = html;
    while let Some(inner) = ENDS.iter().find_map(|end| rest.trim_end().strip_suffix(end)) {
        rest = inner;
    }
    rest.len()
}

/// Rendered HTML with what came after it, which is HTML as well, and a caret where the writing is.
#[must_use]
pub(super) fn continued(html: &str, tail: &str) -> String {
    const CARET: &str = "<span class=\"caret\"></span>";
    let at = if html.ends_with('\n') { html.len() } else { end_of_line(html) };
    match html.split_at_checked(at) {
        Some((line, ends)) if !ends.is_empty() => format!("{line}{tail}{CARET}{ends}"),
        _ => format!("{html}<p>{tail}{CARET}</p>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_on_in_the_block_that_it_stands_in() {
        let caret = "<span class=\"caret\"></span>";
        for (html, expected) in [
            ("<p>one tw</p>", "<p>one tw|</p>"),
            ("<p>a <em>b</em></p>", "<p>a <em>b</em>|</p>"),
            (
                "<ul>\n<li>a\n<ul>\n<li>b </li>\n</ul>\n</li>\n</ul>",
                "<ul>\n<li>a\n<ul>\n<li>b |</li>\n</ul>\n</li>\n</ul>",
            ),
            ("<h2>a</h2>", "<h2>a|</h2>"),
            ("<p>a</p>\n", "<p>a</p>\n<p>|</p>"),
            ("<pre tabindex=\"0\"><code>a\n</code></pre>", "<pre tabindex=\"0\"><code>a\n</code></pre><p>|</p>"),
            ("", "<p>|</p>"),
        ] {
            assert_eq!(continued(html, "x"), expected.replace('|', &format!("x{caret}")), "{html}");
        }
    }
}
