//! What a page does by itself in a browser: what its markup fetches, runs, or posts somewhere else, without a click.

/// A tag with its attributes, as a browser reads it.
#[derive(Debug)]
pub struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

impl Tag {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What fetches or runs by standing there.
const NEVER: [&str; 17] = [
    "iframe",
    "frame",
    "frameset",
    "object",
    "embed",
    "applet",
    "video",
    "audio",
    "source",
    "track",
    "picture",
    "base",
    "portal",
    "image",
    "math",
    "foreignobject",
    "style",
];
/// Attributes whose address is fetched, or posted to.
const FETCHED: [&str; 14] = [
    "src",
    "srcset",
    "poster",
    "data",
    "background",
    "action",
    "formaction",
    "ping",
    "manifest",
    "srcdoc",
    "imagesrcset",
    "xlink:href",
    "longdesc",
    "lowsrc",
];

/// The tags of a text, by the rules for names, quotes and comments. What stands in a script is no tag.
pub fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        if !rest.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            continue;
        }
        let (tag, after) = tag(rest);
        rest = after;
        if matches!(tag.name.as_str(), "script" | "textarea" | "title") {
            let end = format!("</{}", tag.name);
            let end = rest.as_bytes().windows(end.len()).position(|window| window.eq_ignore_ascii_case(end.as_bytes()));
            rest = end.map_or("", |end| &rest[end..]);
        }
        found.push(tag);
    }
    found
}

fn tag(text: &str) -> (Tag, &str) {
    let blank = |letter: char| letter.is_ascii_whitespace() || letter == '/';
    let end = text.find(|letter: char| blank(letter) || letter == '>').unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(blank);
        if rest.is_empty() {
            break;
        }
        if let Some(after) = rest.strip_prefix('>') {
            rest = after;
            break;
        }
        let end =
            rest.find(|letter: char| blank(letter) || letter == '>' || letter == '=').unwrap_or(rest.len()).max(1);
        let (name, after) = rest.split_at(end);
        rest = after.trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|letter| matches!(letter, '"' | '\''));
            (value, rest) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => after.split_at(after.find([' ', '\t', '\n', '>']).unwrap_or(after.len())),
            };
        }
        attributes.push((name.to_ascii_lowercase(), unescaped(value)));
    }
    (Tag { name: name.to_ascii_lowercase(), attributes }, rest)
}

fn unescaped(value: &str) -> String {
    let named = [("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    named.iter().fold(value.to_owned(), |text, (name, letter)| text.replace(name, letter))
}

/// Whether an address stays on this site.
fn is_ours(address: &str) -> bool {
    let address = address.trim();
    address.is_empty()
        || address.starts_with('#')
        || address.starts_with('?')
        || (address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\"))
}

/// What is wrong with a text that is to be harmless: each thing that it would fetch or run, each link that would run or
/// tell where it was clicked.
pub fn acts(html: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for tag in tags(html) {
        let name = tag.name.as_str();
        let mut bad = NEVER.contains(&name);
        for (attribute, value) in &tag.attributes {
            bad |=
                attribute.starts_with("on") && attribute.len() > 2 && attribute.chars().all(|c| c.is_ascii_lowercase());
            bad |= FETCHED.contains(&attribute.as_str()) && !is_ours(value);
            bad |= attribute == "style" && ["url(", "@import", "image(", "\\"].iter().any(|word| value.contains(word));
        }
        bad |= match name {
            "link" | "use" => !tag.attribute("href").is_some_and(is_ours),
            "a" | "area" => tag.attribute("href").is_some_and(|href| !is_harmless(href, &tag)),
            // A page that loads itself again is no harm.
            "meta" => {
                tag.attribute("http-equiv").is_some_and(|kind| kind.eq_ignore_ascii_case("refresh"))
                    && tag.attribute("content").is_some_and(|content| content.contains(['u', 'U', ';']))
            }
            _ => false,
        };
        if bad {
            wrong.push(format!("{tag:?}"));
        }
    }
    wrong
}

/// A link is harmless that leads to us; or elsewhere by the web or mail, without handing over the page.
fn is_harmless(href: &str, tag: &Tag) -> bool {
    // As a browser reads an address: blanks around it do not count, line breaks and tabs nowhere.
    let href: String = href.trim_matches(|letter| letter <= ' ').replace(['\t', '\n', '\r'], "");
    if is_ours(&href) {
        return true;
    }
    let is_scheme = |word: &str| {
        word.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    };
    let scheme = href.split_once(':').map(|(word, _)| word.to_ascii_lowercase()).filter(|word| is_scheme(word));
    let rel = tag.attribute("rel").unwrap_or_default();
    match scheme.as_deref() {
        Some("https" | "http") => rel.contains("noopener") && (rel.contains("noreferrer") || rel.contains("nofollow")),
        Some("mailto") => true,
        Some(_) => false,
        // An address without a scheme stays below ours.
        None => !href.starts_with("//") && !href.starts_with('\\'),
    }
}

#[test]
fn what_acts_by_itself_is_seen() {
    for html in [
        "<img src=https://a.example/x>",
        "<IMG\nSRC='//a.example'>",
        "<a href=\"javascript:x\">",
        "<a href=\" java\tscript:x\">",
        "<a href=\"https://a.example\">",
        "<p onclick=x>",
        "<p style=\"background:url(x)\">",
        "<link rel=preload href=https://a.example>",
        "<meta http-equiv=refresh content=\"0;url=https://a.example\">",
        "<script>\"<p>\"</script><svg/onload=x>",
        "<form action=https://a.example>",
        "<img/src=data:image/png,x>",
        "<textarea></textarea><iframe>",
    ] {
        assert_eq!(acts(html).len(), 1, "{html}: {:?}", tags(html));
    }
    for html in [
        "<p>a &lt;img src=x&gt;</p>",
        "<img src=\"/icons/a.svg\" alt=\"\">",
        "<a rel=\"noopener nofollow noreferrer\" href=\"https://a.example\">",
        "<script>\"<img src=https://a.example>\"</script>",
        "<textarea><img src=https://a.example></textarea>",
        "<!-- <iframe> --><p>",
        "<form action=\"/api/chat\"><a href=\"/chat\">",
        "<meta http-equiv=refresh content=2>",
    ] {
        assert_eq!(acts(html), Vec::<String>::new(), "{html}");
    }
}
