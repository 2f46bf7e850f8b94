/// Text as HTML that shows it: for `inner_html`. Between the tags of a `<textarea>` this is needed, since the renderer
/// writes children there as they are.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_stays_text() {
        assert_eq!(super::escaped("</textarea><img src=x> &lt;"), "&lt;/textarea&gt;&lt;img src=x&gt; &amp;lt;");
    }
}
