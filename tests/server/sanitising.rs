//! What models write, as HTML: whatever it is made of, it does nothing by itself.

use aura::chat::markdown::{render, render_unfinished};
use proptest::{prelude::*, sample::select};
use serde_json::Value;

use crate::markup::{acts, tags};

/// Ways that have been found to run something, or to fetch it.
const VECTORS: [&str; 40] = [
    "<script>alert(1)</script>",
    "<ScRiPt/src=//a.example>",
    "<img src=x onerror=alert(1)>",
    "<img/src=`x`onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><set attributeName=href to=javascript:alert(1)><a>x</a></svg>",
    "<math href=javascript:alert(1)>x</math>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<object data=data:text/html,x>",
    "<embed src=javascript:alert(1)>",
    "<body onpageshow=alert(1)>",
    "<details ontoggle=alert(1) open>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<a href=java&#x0A;script:alert(1)>x</a>",
    "<style>*{background:url(//a.example)}</style>",
    "<link rel=stylesheet href=//a.example>",
    "<base href=//a.example>",
    "<form><button formaction=javascript:alert(1)>x</button></form>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<textarea></textarea><script>x</script>",
    "<!--<img src=\"--><img src=x onerror=alert(1)//\">",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version=\"1.0\"?><x>",
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1) \"t\")",
    "[x](<javascript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](https://a.example/\" onclick=\"alert(1))",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "![x](https://a.example/p.png)",
    "![x][y]\n\n[y]: //a.example/p.png",
    "<javascript:alert(1)>",
    "<https://a.example/'onclick='x>",
    "https://a.example/?q=<script>",
    "```\" onclick=x\ny\n```",
    "```js><img src=x>\ny\n```",
    "\\<img src=x onerror=alert(1)\\>",
];
/// What Markdown and HTML mean something by.
const SIGNS: [&str; 30] = [
    "<",
    ">",
    "\"",
    "'",
    "`",
    "```\n",
    "[",
    "](",
    ")",
    "!",
    "\n",
    "\n\n",
    "- ",
    "> ",
    "|",
    "|-|\n",
    "# ",
    "**",
    "_",
    "~~",
    "&#",
    "&lt;",
    ";",
    "\\",
    "=",
    "/",
    "javascript:",
    "data:",
    "\u{0}",
    "\u{202e}",
];
/// All that an answer is made of.
const TAGS: [&str; 27] = [
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
    "div",
    "figure",
    "figcaption",
];

fn planted() -> Vec<String> {
    let all: Vec<Value> = serde_json::from_str(include_str!("injections.json")).unwrap();
    all.iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        select(&VECTORS[..]).prop_map(str::to_owned),
        select(&SIGNS[..]).prop_map(str::to_owned),
        select(planted()),
        "[ -~]{0,12}",
        "\\PC{0,8}",
    ]
}

fn harmless(html: &str, source: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(acts(html), Vec::<String>::new(), "{:?} gave {}", source, html);
    for tag in tags(html) {
        prop_assert!(TAGS.contains(&tag.name.as_str()), "{:?} gave {}", source, html);
        if tag.name == "a" {
            let rel = tag.attribute("rel").unwrap_or_default();
            prop_assert!(
                rel.contains("noopener") && rel.contains("nofollow") && rel.contains("noreferrer"),
                "{}",
                html
            );
            prop_assert_eq!(tag.attribute("target"), Some("_blank"));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(2_000)))]

    #[test]
    fn ch_21_whatever_a_model_writes_does_nothing_by_itself(pieces in prop::collection::vec(piece(), 1..9)) {
        let source = pieces.concat();
        harmless(&render(&source), &source)?;
        // As it is shown while it is written, broken off anywhere.
        let cut = (0..=source.len() * 2 / 3).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0);
        harmless(&render_unfinished(&source[..cut]), &source[..cut])?;
    }
}

#[test]
fn every_vector_alone_does_nothing() {
    for source in VECTORS.iter().map(|text| (*text).to_owned()).chain(planted()) {
        harmless(&render(&source), &source).unwrap();
    }
}
